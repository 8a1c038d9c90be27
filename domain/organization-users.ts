import type { DatabaseConnection } from './database/connection.ts'
import type { Page } from './organizations.ts'

export interface OrganizationUser {
  id: string
  organizationId: string
  fullName: string
  email: string
  invitationStatus: 'not_sent' | 'sent' | 'accepted' | 'failed'
  createdAt: Date
}

/** The users of one organization, oldest first; not those of the organizations below it. */
export async function listUsers(
  db: DatabaseConnection,
  organizationId: string,
  page: Page,
): Promise<OrganizationUser[]> {
  let query = db
    .selectFrom('users')
    .select([
      'id',
      'organization_id as organizationId',
      'full_name as fullName',
      'email',
      'invitation_status as invitationStatus',
      'created_at as createdAt',
    ])
    .where('organization_id', '=', organizationId)
    .orderBy('id')
    .limit(page.limit)
  if (page.after !== undefined) query = query.where('id', '>', page.after)
  return query.execute()
}
