import { sql } from 'kysely'
import type { DatabaseConnection } from '../../../domain/database/connection.ts'
import type { JournalRun } from './history.ts'

/** Reads all runs, each with its steps from the step journal. */
export async function readRuns(db: DatabaseConnection): Promise<JournalRun[]> {
  const { rows } = await sql<JournalRun>`
    select run.id, run.kind, run.idempotency_key as key, run.status, run.parent_id as "parentId",
      run.organization_id as "organizationId", run.user_id as "userId", run.request,
      (select jsonb_agg(jsonb_build_object('id', planned ->> 'id', 'optional', planned -> 'optional',
          'status', coalesce(step.status, 'pending'), 'output', step.output, 'error', step.error) order by position)
        from jsonb_array_elements(run.plan) with ordinality as entry (planned, position)
        left join lateral (
          select * from step_runs where run_id = run.id and step_id = planned ->> 'id'
          order by revision desc limit 1) as step on true) as steps,
      (select count(*)::int from (
          select data, lag(data) over (order by sequence) as before
          from run_events
          where run_id = run.id and type = 'step' and data ->> 'step' = 'notify-user'
            and data ->> 'status' in ('pending', 'needs_attention')) as notified
        where data ->> 'status' = 'pending' and before #>> '{error,class}' = 'unknown_outcome') as "messageRetries"
    from runs as run order by run.id
  `.execute(db)
  return rows
}
