import { sql } from 'kysely'
import type { DatabaseConnection } from '../../../domain/database/connection.ts'

/** How many rows `from` has: a table, and a condition where one is wanted. */
export async function countRows(db: DatabaseConnection, from: string): Promise<number> {
  const { rows } = await sql<{ count: string }>`select count(*) as count from ${sql.raw(from)}`.execute(db)
  return Number(rows[0]?.count)
}
