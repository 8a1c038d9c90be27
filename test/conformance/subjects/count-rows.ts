import { sql } from 'kysely'
import type { DatabaseConnection } from '../../../domain/database/connection.ts'

/** Counts rows. @param from a table, and optionally a condition, such as `users where email is null`. */
export async function countRows(db: DatabaseConnection, from: string): Promise<number> {
  const { rows } = await sql<{ count: string }>`select count(*) as count from ${sql.raw(from)}`.execute(db)
  return Number(rows[0]?.count)
}
