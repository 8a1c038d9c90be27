import type { Transaction } from 'kysely'
import type { Database } from '../database/tables.ts'
import { lockPlace } from '../organizations/organization-tree.ts'

export interface HeldUser {
  organizationId: string
  organizationStatus: 'active' | 'suspended' | 'closed'
  fullName: string
  /** Null: the user is deactivated. */
  email: string | null
  formerEmail: string | null
}

/**
 * Reads a user and locks first its organization, then the user, as a closing does. Until the transaction ends, the organization is
 * not closed and the user chooses no password.
 * @returns undefined when the user does not exist.
 */
export async function holdUser(
  transaction: Transaction<Database>,
  id: string,
): Promise<HeldUser | undefined> {
  const columns = ['organization_id as organizationId', 'full_name as fullName', 'email'] as const
  const user = transaction
    .selectFrom('users')
    .select([...columns, 'former_email as formerEmail'])
    .where('id', '=', id)
  // One change of a user is open at a time, so the user is not moved between the two reads.
  const place = await lockPlace(transaction, (await user.executeTakeFirst())?.organizationId ?? '')
  const held = await user.forUpdate().executeTakeFirst()
  return held && place && { ...held, organizationStatus: place.status }
}
