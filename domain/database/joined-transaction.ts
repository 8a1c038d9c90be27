import type { Transaction } from 'kysely'
import type { DatabaseConnection } from './connection.ts'
import type { Database } from './tables.ts'

/** Runs `body` in the transaction of the caller, or in one of its own if the caller has none. */
export function inTransaction<Result>(
  db: DatabaseConnection,
  transaction: Transaction<Database> | undefined,
  body: (transaction: Transaction<Database>) => Promise<Result>,
): Promise<Result> {
  return transaction === undefined ? db.transaction().execute(body) : body(transaction)
}
