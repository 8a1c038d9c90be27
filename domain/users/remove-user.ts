import { sql, type Transaction } from 'kysely'
import type { Database } from '../database/tables.ts'
import { reactivateUser } from './account-users.ts'
import type { UserRefusal } from './change-user.ts'
import { holdUser } from './hold-user.ts'
import { recordUserChange } from './record-user-change.ts'

/**
 * Deactivates a user for good: the user is signed out, links stop working, and the email is free for others. The row stays, because
 * the audit trail names it.
 * @param removal `runId` is the run that carries it out.
 * @returns why nothing changed; undefined when the user is removed.
 */
export async function removeUser(
  transaction: Transaction<Database>,
  { userId, runId }: { userId: string; runId: string },
): Promise<UserRefusal | undefined> {
  const user = await holdUser(transaction, userId)
  if (user === undefined) return 'gone'
  if (user.email === null) return 'deactivated'
  // Sends the webhook event user.deactivated: see database/schema/webhook-events.sql.
  await transaction
    .updateTable('users')
    .set({ email: null, former_email: user.email, updated_at: sql<Date>`now()` })
    .where('id', '=', userId)
    .execute()
  await transaction.deleteFrom('sessions').where('user_id', '=', userId).execute()
  await transaction.deleteFrom('verifications').where('value', '=', userId).execute()
  const { organizationId } = user
  await recordUserChange(transaction, { organizationId, runId, fields: statusChange(userId, 'deactivated') })
  return undefined
}

/** Undoes a removal. @returns the id of the user, if it stays deactivated because another user has the email. */
export async function bringBack(
  transaction: Transaction<Database>,
  { userId, runId }: { userId: string; runId: string },
): Promise<string[]> {
  const user = await holdUser(transaction, userId)
  if (user === undefined || user.email !== null) return []
  const stays = await reactivateUser(transaction, userId)
  const { organizationId, organizationStatus } = user
  if (stays.length === 0 && organizationStatus !== 'closed')
    await recordUserChange(transaction, { organizationId, runId, fields: statusChange(userId, 'active') })
  return stays
}

function statusChange(id: string, to: 'active' | 'deactivated') {
  const from = to === 'active' ? 'deactivated' : 'active'
  return { user: { from: id, to: id }, status: { from, to } }
}
