import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { BulkFilter } from '../database/tables/decision-tables.ts'
import type { RunStatus } from '../database/tables/run-tables.ts'
import type { DecisionAction } from './decision.ts'
import { type Subtree, subtreeEnd } from '../access/subtree.ts'

/** A run that a decision in bulk is about, and where it is stuck. */
export interface SelectedRun {
  runId: string
  /** Null where the decision is about the run as a whole. */
  stepId: string | null
  /** Of the failure it is stuck with; null where it is not stuck. */
  code: string | null
}

/** In which states a run can be decided on in this way. */
const eligible: Record<DecisionAction, readonly RunStatus[]> = {
  retry: ['needs_attention'],
  skip: ['needs_attention'],
  cancel: ['accepted', 'running', 'needs_attention'],
}

/**
 * The onboardings below a subtree that a filter finds and that can be decided on, a row for each step they are stuck at.
 * @param limit the most rows that are read.
 */
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
 * What is decided on in each run: the steps that the filter names, or else every stuck step at once; a cancel is about the
 * run.
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
