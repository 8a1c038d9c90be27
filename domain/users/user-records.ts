import type { Transaction } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Database } from '../database/tables.ts'
import { newId } from '../ids.ts'

/**
 * Adds a user to an organization.
 * @param user `email` in lower case. An email belongs to at most one user in the whole system.
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

/** Deletes a user with password, sessions and messages. A user that does not exist is not an error. */
export async function deleteUser(transaction: Transaction<Database>, id: string): Promise<void> {
  await transaction.deleteFrom('messages').where('user_id', '=', id).execute()
  await transaction.deleteFrom('users').where('id', '=', id).execute()
}

/** The recipient of a message, and the organization that it is sent for. */
export interface Recipient {
  fullName: string
  email: string
  organizationName: string
}

/** @returns undefined when the user was removed. */
export async function findRecipient(db: DatabaseConnection, id: string): Promise<Recipient | undefined> {
  return db
    .selectFrom('users')
    .innerJoin('organizations', 'organizations.id', 'users.organization_id')
    .select(['users.full_name as fullName', 'users.email', 'organizations.name as organizationName'])
    .where('users.id', '=', id)
    .executeTakeFirst()
}
