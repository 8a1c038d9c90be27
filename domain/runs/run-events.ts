import { sql, type Transaction } from 'kysely'
import type { RunStatus } from '../database/tables/run-tables.ts'
import type { Database } from '../database/tables.ts'

/** The Postgres channel that receives each change of a run, as `RunProgress` in JSON. */
export const runChannel = 'run'

/** The progress of a run, for callers that wait for a change. */
export interface RunProgress {
  id: string
  status: RunStatus
  /** The sequence of the newest event of the run. */
  lastEvent: number
}

/** An event to be appended to a run. */
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
    ), appended as (
      insert into run_events (run_id, sequence, type, data)
      select ${runId}, numbered.last + event.position, event.value ->> 'type', event.value -> 'data'
      from numbered, jsonb_array_elements(${JSON.stringify(events)}::jsonb) with ordinality as event (value, position)
    )
    select pg_notify(${runChannel},
      jsonb_build_object('id', ${runId}::text, 'status', status, 'lastEvent', event_count)::text)
    from numbered
  `.execute(transaction)
}
