import type { Transaction } from 'kysely'
import type { Database } from './database/tables.ts'
import { newId } from './ids.ts'

/**
 * Adds a user to an organization.
 * @param user `email` in lower case: an email belongs to at most one user in the whole system.
 * @returns the new id, or undefined when the email is taken.
 */
export async function insertUser(
  transaction: Transaction<Database>,
  user: { organizationId: string; fullName: string; email: string },
): Promise<string | undefined> {
  const row = await transaction
    .insertInto('users')
    .values({
      id: newId('usr'),
      organization_id: user.organizationId,
      full_name: user.fullName,
      email: user.email,
    })
    .onConflict((conflict) => conflict.column('email').doNothing())
    .returning('id')
    .executeTakeFirst()
  return row?.id
}

/** The email belongs to another user. */
export class EmailTaken extends Error {
  override readonly name = 'EmailTaken'
}

/** Removes a user, with password and sessions. Removing one that is gone is harmless. */
export async function deleteUser(transaction: Transaction<Database>, id: string): Promise<void> {
  await transaction.deleteFrom('users').where('id', '=', id).execute()
}

/** The invitation was handed to the mail server. */
export async function markInvited(transaction: Transaction<Database>, id: string): Promise<void> {
  await transaction
    .updateTable('users')
    .set({ invitation_status: 'sent' })
    .where('id', '=', id)
    .where('invitation_status', '!=', 'accepted')
    .execute()
}
