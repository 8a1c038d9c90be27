import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrateToLatest } from '../../../domain/database/migrate.ts'
import { freshDatabase, type TestDatabase } from '../../stack/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())

test('a migration takes as long as its tables are large, while every other statement is cut off', async () => {
  const { db } = database
  for (const statement of [
    'drop schema public cascade',
    'create schema public',
    'create schema noted',
    'create table noted.commands (object text, timeout text)',
    `create function noted.note() returns event_trigger language plpgsql as $$ begin
       insert into noted.commands
         select object_identity, current_setting('statement_timeout') from pg_event_trigger_ddl_commands();
     end $$`,
    'create event trigger note on ddl_command_end execute function noted.note()',
  ])
    await sql.raw(statement).execute(db)

  await migrateToLatest(db)
  const { rows } = await sql<{ timeout: string }>`
    select distinct timeout from noted.commands where object not like 'public.kysely_%'
  `.execute(db)
  expect(rows).toEqual([{ timeout: '0' }])
  const after = await sql<{ statement_timeout: string }>`show statement_timeout`.execute(db)
  expect(after.rows).toEqual([{ statement_timeout: '15s' }])
})
