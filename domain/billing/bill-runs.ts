import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { RunStatus, RecordedError } from '../database/tables/run-tables.ts'

export interface BillRun {
  id: string
  organizationName: string
  status: RunStatus
  /** The error of its stuck step; null when no step is stuck. */
  error: RecordedError | null
}

export async function findBillRuns(
  db: DatabaseConnection,
  month: string,
): Promise<{ completed: number; open: BillRun[] }> {
  const { rows } = await sql<{ completed: number; open: BillRun[] }>`
    with runs as (
      select run.id, run.status, organization.name as "organizationName",
        (select step.error from step_runs as step
         where step.run_id = run.id and step.status = 'needs_attention'
         order by step.revision desc limit 1) as error
      from runs as run join organizations as organization on organization.id = run.organization_id
      where run.kind = 'bill-account' and run.request ->> 'month' = ${month}
    )
    select count(*) filter (where status = 'completed')::int as completed,
      coalesce(jsonb_agg(to_jsonb(runs) order by id)
        filter (where status not in ('completed', 'cancelled', 'failed')), '[]') as open
    from runs
  `.execute(db)
  return rows[0] ?? { completed: 0, open: [] }
}
