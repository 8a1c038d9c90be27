import { type RawBuilder, sql, type Transaction } from 'kysely'
import type { RunStatus } from '../database/tables/run-tables.ts'
import type { Database } from '../database/tables.ts'

/** The Postgres channel that receives each change of a run, as `RunProgress` in JSON. */
export const runChannel = 'run'

/** The progress of a run, for callers that wait for a change. */
export interface RunProgress {
  id: string
  status: RunStatus
  lastEvent: number
}

export interface RunEvent {
  type: 'onboarding' | 'step'
  data: Record<string, unknown>
}

/**
 * Appends events to a run and notifies `runChannel` at the commit. It is one statement for any number of events, because
 * every step calls it. The statement locks the row of the run.
 */
export async function appendEvents(
  transaction: Transaction<Database>,
  runId: string,
  events: readonly RunEvent[],
): Promise<void> {
  await sql`
    with numbered as (
      update runs set event_count = event_count + ${events.length}
      where id = ${runId}
      returning event_count - ${events.length} as last, event_count, status
    ), ${appended(runId, events)}
  `.execute(transaction)
}

/** The end of a statement whose part `numbered` has counted the events of a run: appends them, and notifies `runChannel`. */
export function appended(runId: string, events: readonly RunEvent[]): RawBuilder<unknown> {
  return sql`appended as (
      insert into run_events (run_id, sequence, type, data)
      select ${runId}, numbered.last + event.position, event.value ->> 'type', event.value -> 'data'
      from numbered, jsonb_array_elements(${JSON.stringify(events)}::jsonb) with ordinality as event (value, position)
    )
    select pg_notify(${runChannel},
      jsonb_build_object('id', ${runId}::text, 'status', status, 'lastEvent', event_count)::text)
    from numbered`
}
