import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { RunStatus } from '../database/tables/run-tables.ts'
import type { RunKind } from '../runs/run-requests.ts'
import { isOlder } from './row-range.ts'

export const runFindingKinds = ['run_without_workflow', 'run_out_of_step'] as const
export const workflowFindingKinds = ['workflow_without_run'] as const

export interface OpenRun {
  id: string
  kind: RunKind
  status: RunStatus
  organizationId: string | null
}

/** The open runs that were accepted longer ago than the grace (milliseconds), in pages ordered by id. */
export async function listOpenRuns(
  db: DatabaseConnection,
  page: { after: string; limit: number; grace: number },
): Promise<OpenRun[]> {
  return openRuns(db)
    .where('id', '>', page.after)
    .where(isOlder(sql`accepted_at`, page.grace))
    .orderBy('id')
    .limit(page.limit)
    .execute()
}

/** @returns undefined when the run is closed or does not exist. */
export async function findOpenRun(db: DatabaseConnection, id: string): Promise<OpenRun | undefined> {
  return openRuns(db).where('id', '=', id).executeTakeFirst()
}

function openRuns(db: DatabaseConnection) {
  return db
    .selectFrom('runs')
    .select(['id', 'kind', 'status', 'organization_id as organizationId'])
    .where('status', 'in', ['accepted', 'running', 'needs_attention', 'cancelling'])
}

/**
 * Whether the journal has the run stuck at this step, or may get there: the run has an event within the grace.
 * @param at `grace` in milliseconds.
 */
export async function isOrMayBeStuckAt(
  db: DatabaseConnection,
  at: { runId: string; stepId: string; grace: number },
): Promise<boolean> {
  const { rows } = await sql<{ expected: boolean }>`
    select coalesce((
      select status = 'needs_attention' from step_runs
      where run_id = ${at.runId} and step_id = ${at.stepId} order by revision desc limit 1
    ), false) or not coalesce((
      select ${isOlder(sql`max(created_at)`, at.grace)} from run_events where run_id = ${at.runId}
    ), true) as expected
  `.execute(db)
  return rows[0]?.expected === true
}

/** The runs that may have an open workflow: each is open, or was closed within the grace (milliseconds). */
export async function whichMayBeOpen(
  db: DatabaseConnection,
  ids: readonly string[],
  grace: number,
): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const rows = await db
    .selectFrom('runs')
    .select('id')
    .where('id', 'in', ids)
    .where((eb) => eb.or([eb('closed_at', 'is', null), eb.not(isOlder(sql`closed_at`, grace))]))
    .execute()
  return new Set(rows.map(({ id }) => id))
}

export async function hasOpenRunOn(db: DatabaseConnection, organizationId: string): Promise<boolean> {
  const open = await db
    .selectFrom('runs')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('closed_at', 'is', null)
    .executeTakeFirst()
  return open !== undefined
}
