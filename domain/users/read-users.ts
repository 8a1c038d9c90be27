import type { DatabaseConnection } from '../database/connection.ts'
import { isId } from '../ids.ts'
import { hasInvitation, type Invitation, invitationOf, type InvitationStatus } from './invitations.ts'
import type { Page } from '../database/list-page.ts'
import { type Subtree, subtreeEnd } from '../access/subtree.ts'

export const userStatuses = ['active', 'deactivated'] as const

/** A deactivated user cannot sign in and has no email. */
export type UserStatus = (typeof userStatuses)[number]

export interface OrganizationUser {
  id: string
  organizationId: string
  fullName: string
  /** Null: the user is deactivated. */
  email: string | null
  /** The last email of a deactivated user; null otherwise. */
  formerEmail: string | null
  invitation: Invitation
  createdAt: Date
}

/** The users of one organization, oldest first. Users of organizations below it are not included. */
export async function listUsers(
  db: DatabaseConnection,
  organizationId: string,
  filter: Page & { invitation?: InvitationStatus | undefined; status?: UserStatus | undefined },
): Promise<OrganizationUser[]> {
  let query = usersIn(db)
    .where('users.organization_id', '=', organizationId)
    .orderBy('users.id')
    .limit(filter.limit)
  if (filter.after !== undefined) query = query.where('users.id', '>', filter.after)
  if (filter.invitation !== undefined) query = query.where(hasInvitation('users.id', filter.invitation))
  if (filter.status !== undefined)
    query = query.where('users.email', filter.status === 'active' ? 'is not' : 'is', null)
  return query.execute()
}

/** @returns undefined when the user does not exist or is outside of the subtree. Callers must not tell the two apart. */
export async function findUser(
  db: DatabaseConnection,
  subtree: Subtree,
  id: string,
): Promise<OrganizationUser | undefined> {
  if (!isId(id, 'usr')) return undefined
  return usersIn(db)
    .innerJoin('organizations', 'organizations.id', 'users.organization_id')
    .where('users.id', '=', id)
    .where('organizations.path', '>=', subtree)
    .where('organizations.path', '<', subtreeEnd(subtree))
    .executeTakeFirst()
}

function usersIn(db: DatabaseConnection) {
  return db
    .selectFrom('users')
    .select([
      'users.id',
      'users.organization_id as organizationId',
      'users.full_name as fullName',
      'users.email',
      'users.former_email as formerEmail',
      'users.created_at as createdAt',
      invitationOf('users.id').$notNull().as('invitation'),
    ])
}
