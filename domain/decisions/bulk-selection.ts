import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { BulkFilter } from '../database/tables/decision-tables.ts'
import type { RunStatus } from '../database/tables/run-tables.ts'
import type { DecisionAction } from './decision.ts'
import { type Subtree, subtreeEnd } from '../access/subtree.ts'

export interface SelectedRun {
  runId: string
  /** Null when the decision is on the run as a whole. */
  stepId: string | null
  /** The code of the error of the stuck step; null when no step is stuck. */
  code: string | null
}

const eligible: Record<DecisionAction, readonly RunStatus[]> = {
  retry: ['needs_attention'],
  skip: ['needs_attention'],
  cancel: ['accepted', 'running', 'needs_attention'],
}

/** The onboardings of a subtree that match the filter and the action, one row for each stuck step. */
export async function selectRuns(
  db: DatabaseConnection,
  subtree: Subtree,
  { action, filter }: { action: DecisionAction; filter: BulkFilter },
  limit: number,
): Promise<SelectedRun[]> {
  const { status = null, step = null, code = null, organizationId = null, parentId = null } = filter
  const named = step !== null || code !== null
  const { rows } = await sql<SelectedRun>`
    select onboarding.id as "runId", stuck.step_id as "stepId", stuck.code
    from runs as onboarding
    join organizations as parent on parent.id = onboarding.parent_id
    left join lateral (
      select entry.step_id, entry.error ->> 'code' as code
      from step_runs as entry
      where entry.run_id = onboarding.id
        and (entry.status = 'needs_attention' or (entry.status = 'retrying' and ${action}::text = 'cancel'))
        and (${step}::text is null or entry.step_id = ${step})
        and (${code}::text is null or entry.error ->> 'code' = ${code})
        and not exists (
          select from step_runs as newer
          where newer.run_id = entry.run_id and newer.step_id = entry.step_id
            and newer.revision > entry.revision)
    ) as stuck on true
    where onboarding.kind = 'add-account'
      and onboarding.status = any(${[...eligible[action]]}::text[])
      and parent.path >= ${subtree} and parent.path < ${subtreeEnd(subtree)}
      and (${status}::text is null or onboarding.status = ${status})
      and (${organizationId}::text is null or onboarding.organization_id = ${organizationId})
      and (${parentId}::text is null or onboarding.parent_id = ${parentId})
      and (stuck.step_id is not null or not ${named})
    order by onboarding.id, stuck.step_id
    limit ${limit}
  `.execute(db)
  return rows
}

/**
 * The decisions to make on the selected runs. A retry or skip with a step or code in its filter is made on each of those
 * steps; any other decision is made once for each run.
 * @param rows the result of `selectRuns`.
 */
export function decisionsOf(
  rows: readonly SelectedRun[],
  { action, filter }: { action: DecisionAction; filter: BulkFilter },
): SelectedRun[] {
  const byStep = action !== 'cancel' && (filter.step !== undefined || filter.code !== undefined)
  if (byStep) return [...rows]
  const runs = new Map<string, SelectedRun>()
  for (const row of rows) if (!runs.has(row.runId)) runs.set(row.runId, { ...row, stepId: null })
  return [...runs.values()]
}
