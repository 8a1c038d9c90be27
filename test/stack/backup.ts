import { sql } from 'kysely'
import type { DatabaseConnection } from '../../domain/database/connection.ts'

/** Copies every table. @returns a function that restores all tables from the copies, as a database restore does. */
export async function takeBackup(db: DatabaseConnection): Promise<{ restore(): Promise<void> }> {
  const { rows } = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = 'public' and tablename not like 'kysely_%'
  `.execute(db)
  const names = rows.map(({ name }) => name)
  await db.transaction().execute(async (transaction) => {
    await sql`drop schema if exists backup cascade`.execute(transaction)
    await sql`create schema backup`.execute(transaction)
    for (const name of names)
      await sql`create table ${sql.id('backup', name)} as table ${sql.id(name)}`.execute(transaction)
  })
  return {
    async restore() {
      await db.transaction().execute(async (transaction) => {
        // Turns off triggers and foreign keys, as a database restore does.
        await sql`set local session_replication_role = replica`.execute(transaction)
        await sql`truncate ${sql.join(names.map((name) => sql.id(name)))}`.execute(transaction)
        for (const name of names)
          await sql`insert into ${sql.id(name)} overriding system value select * from ${sql.id('backup', name)}`.execute(
            transaction,
          )
      })
    },
  }
}
