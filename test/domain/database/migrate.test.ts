import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { migrateToLatest } from '../../../domain/database/migrate.ts'
import { freshDatabaseForFile } from '../../stack/database.ts'

const { db } = await freshDatabaseForFile()

test('a migration has no statement timeout, and the connections keep theirs', async () => {
  for (const statement of [
    'drop schema public cascade',
    'create schema public',
    'create schema recorded',
    'create table recorded.commands (object text, timeout text)',
    `create function recorded.record() returns event_trigger language plpgsql as $$ begin
       insert into recorded.commands
         select object_identity, current_setting('statement_timeout') from pg_event_trigger_ddl_commands();
     end $$`,
    'create event trigger record on ddl_command_end execute function recorded.record()',
  ])
    await sql.raw(statement).execute(db)

  await migrateToLatest(db)
  const { rows } = await sql<{ timeout: string }>`
    select distinct timeout from recorded.commands where object not like 'public.kysely_%'
  `.execute(db)
  expect(rows).toEqual([{ timeout: '0' }])
  const after = await sql<{ statement_timeout: string }>`show statement_timeout`.execute(db)
  expect(after.rows).toEqual([{ statement_timeout: '15s' }])
})
