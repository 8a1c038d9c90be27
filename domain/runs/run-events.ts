import { sql, type Transaction } from 'kysely'
import type { RunStatus } from '../database/tables/run-tables.ts'
import type { Database } from '../database/tables.ts'

/** The Postgres channel on which every change of an onboarding is told, as `RunProgress` in JSON. */
export const runChannel = 'onboarding'

/** Where an onboarding is, in as few words as those who wait for it need. */
export interface RunProgress {
  id: string
  status: RunStatus
  /** The sequence of its newest event. */
  lastEvent: number
}

export interface RunEvent {
  type: 'onboarding' | 'step'
  data: Record<string, unknown>
}

/**
 * Appends events to an onboarding's history and tells whoever listens once the transaction commits. One round trip,
 * however many events: this is on the path of every step. The caller holds the onboarding's row, or locks it here.
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
