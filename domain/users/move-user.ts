import { sql, type Transaction } from 'kysely'
import type { Database } from '../database/tables.ts'
import { lockPlace } from '../organizations/organization-tree.ts'
import { deactivateUsers } from './account-users.ts'
import type { UserRefusal } from './change-user.ts'
import { recordUserChange } from './record-user-change.ts'

export interface UserMove {
  userId: string
  /** The id of an organization. */
  to: string
  /** The run that carries out the move. */
  runId: string
}

/**
 * Moves a user to another organization that is active, and signs the user out. Both organizations record it in their activity.
 * @returns why nothing changed; undefined when the user belongs to the organization now.
 */
export async function moveUser(
  transaction: Transaction<Database>,
  move: UserMove,
): Promise<UserRefusal | undefined> {
  // Locked before the user, as a closing does it.
  const place = await lockPlace(transaction, move.to)
  if (place?.status !== 'active') return 'closed'
  return assign(transaction, move)
}

/** Undoes a move. A user whose former organization no longer exists stays. In a closed one, the user is deactivated with it. */
export async function moveBack(transaction: Transaction<Database>, move: UserMove): Promise<void> {
  const place = await lockPlace(transaction, move.to)
  if (place === undefined) return
  await assign(transaction, move)
  await deactivateUsers(transaction, place.id)
}

async function assign(
  transaction: Transaction<Database>,
  { userId, to, runId }: UserMove,
): Promise<UserRefusal | undefined> {
  const user = await transaction
    .selectFrom('users')
    .select(['organization_id', 'email'])
    .where('id', '=', userId)
    .forUpdate()
    .executeTakeFirst()
  if (user === undefined) return 'gone'
  if (user.email === null) return 'deactivated'
  const { organization_id: from } = user
  if (from === to) return undefined
  // Sends the webhook event user.moved: see database/schema/webhook-events.sql.
  await transaction
    .updateTable('users')
    .set({ organization_id: to, updated_at: sql<Date>`now()` })
    .where('id', '=', userId)
    .execute()
  await transaction.deleteFrom('sessions').where('user_id', '=', userId).execute()
  // Each activity names only its own organization, because its reader may not see the other one.
  const away = { user: { from: userId, to: null } }
  await recordUserChange(transaction, { organizationId: from, runId, fields: away })
  const here = { user: { from: null, to: userId } }
  await recordUserChange(transaction, { organizationId: to, runId, fields: here })
  return undefined
}
