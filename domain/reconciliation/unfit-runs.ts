import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { RunStatus } from '../database/tables/run-tables.ts'
import type { RunKind } from '../runs/run-requests.ts'
import { isOlder } from './stretch.ts'

export const runKinds = ['run_without_workflow', 'run_out_of_step'] as const
export const workflowKinds = ['workflow_without_run'] as const

export interface OpenRun {
  id: string
  kind: RunKind
  status: RunStatus
  organizationId: string | null
}

/** Runs that were accepted longer ago than the grace (milliseconds) and have not ended, in pages by id. */
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

/** @returns undefined when it has ended, or there is no such run. */
export async function findOpenRun(db: DatabaseConnection, id: string): Promise<OpenRun | undefined> {
  return openRuns(db).where('id', '=', id).executeTakeFirst()
}

function openRuns(db: DatabaseConnection) {
  return db
    .selectFrom('runs')
    .select(['id', 'kind', 'status', 'organization_id as organizationId'])
    .where('status', 'in', ['accepted', 'running', 'needs_attention', 'cancelling'])
}

/** Whether the ledger has a run stuck at this step, or has changed within the grace (milliseconds), so that it may be about to. */
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

/** Of these runs, those that may have an open workflow: they have not ended, or only within the grace (milliseconds). */
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

/** Whether a run about the organization has not ended. */
export async function isChanging(db: DatabaseConnection, organizationId: string): Promise<boolean> {
  const open = await db
    .selectFrom('runs')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('closed_at', 'is', null)
    .executeTakeFirst()
  return open !== undefined
}
