import { sql } from 'kysely'
import type { DatabaseConnection } from '../../domain/database/connection.ts'

/**
 * Runs `act` while a trigger changes or refuses rows, as a concurrent transaction or a fault would.
 * @param on when it fires, such as `after insert`. @param when its condition. @param body its PL/pgSQL, without the `return`.
 */
export async function withTrigger<Result>(
  db: DatabaseConnection,
  trigger: {
    on: 'after insert' | 'before insert' | 'before update'
    table: string
    when?: string
    body: string
  },
  act: () => Promise<Result>,
): Promise<Result> {
  const { on, table, when = 'true', body } = trigger
  await sql
    .raw(`
    create or replace function of_the_test() returns trigger language plpgsql as $$ begin ${body}; return new; end $$;
    create trigger of_the_test ${on} on ${table} for each row when (${when}) execute function of_the_test()`)
    .execute(db)
  try {
    return await act()
  } finally {
    await sql.raw(`drop trigger of_the_test on ${table}`).execute(db)
  }
}

/** Takes the email of each accepted run for another user, as a concurrent request would. */
export const takenEmail = {
  on: 'after insert',
  table: 'runs',
  body: `insert into users (id, organization_id, full_name, email)
    values ('usr_' || new.id, new.parent_id, 'Somebody', new.request #>> '{user,email}')`,
} as const
