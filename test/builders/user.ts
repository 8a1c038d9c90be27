import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { insertUser } from '../../domain/users/user-records.ts'

/** Adds a user to an organization, without a run. @returns its id. @throws if the email is taken. */
export async function aUser(
  db: DatabaseConnection,
  organizationId: string,
  { fullName = 'Ada', email = 'ada@example.com' }: { fullName?: string; email?: string } = {},
): Promise<string> {
  const user = { organizationId, fullName, email }
  const id = await db.transaction().execute((transaction) => insertUser(transaction, user))
  if (id === undefined) throw new Error('The email is taken.')
  return id
}
