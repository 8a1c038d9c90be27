import type { Transaction } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Database } from '../database/tables.ts'
import { newId } from '../ids.ts'

/** @param user `email` in lower case. @returns undefined when another user in the whole system has the email. */
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

export class EmailTaken extends Error {
  override readonly name = 'EmailTaken'
}

/** Deletes a user with password, sessions and messages. A user that does not exist is not an error. */
export async function deleteUser(transaction: Transaction<Database>, id: string): Promise<void> {
  await transaction.deleteFrom('messages').where('user_id', '=', id).execute()
  await transaction.deleteFrom('users').where('id', '=', id).execute()
}

export interface Recipient {
  organizationId: string
  fullName: string
  /** Null when the user is deactivated. */
  email: string | null
  organizationName: string
}

/** @returns undefined when the user does not exist. */
export async function findRecipient(db: DatabaseConnection, id: string): Promise<Recipient | undefined> {
  return db
    .selectFrom('users')
    .innerJoin('organizations', 'organizations.id', 'users.organization_id')
    .select(['organizations.id as organizationId', 'organizations.name as organizationName'])
    .select(['users.full_name as fullName', 'users.email'])
    .where('users.id', '=', id)
    .executeTakeFirst()
}
