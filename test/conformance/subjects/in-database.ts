import { sql } from 'kysely'
import type { TransactionalSubject } from '../../../plugins/conformance/kits.ts'
import type { DatabaseConnection } from '../../../domain/database/connection.ts'

/** The function with which the kits run transactions, for this database. */
export function transactIn(db: DatabaseConnection): TransactionalSubject['transact'] {
  return (body) => db.transaction().execute((transaction) => body({ transaction }))
}

/** Counts rows. @param from a table, and optionally a condition, such as `users where email is null`. */
export async function countRows(db: DatabaseConnection, from: string): Promise<number> {
  const { rows } = await sql<{ count: string }>`select count(*) as count from ${sql.raw(from)}`.execute(db)
  return Number(rows[0]?.count)
}
