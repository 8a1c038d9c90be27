import { sql } from 'kysely'
import type { DatabaseConnection } from './connection.ts'

export async function isDatabaseReachable(db: DatabaseConnection): Promise<boolean> {
  return sql`select 1`.execute(db).then(
    () => true,
    () => false,
  )
}
