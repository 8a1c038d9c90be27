import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { RunStatus, StepStatus } from '../../domain/database/tables/run-tables.ts'
import { lockRun, type LockedRun, statusesOf, statusFrom } from '../../domain/runs/step-journal.ts'
import type { Resolved } from '../../workflows/contract.ts'

/**
 * Tells the workflow whether its run is done but not recorded as completed, because of a stored cancel.
 * @param now the status of the run and of its steps after a write. Default: those of the locked run.
 * @returns undefined if the completion is not held, which is nearly always.
 */
export function resolvedOf(
  run: LockedRun,
  now: { status: RunStatus; statuses: ReadonlyMap<string, StepStatus> } = {
    status: run.status,
    statuses: statusesOf(run),
  },
): Resolved | undefined {
  const isHeld = now.status === 'running' && statusFrom(run.plan, now.statuses) === 'completed'
  return isHeld ? { completionHeld: true } : undefined
}

/** The same for an attempt that finds its step resolved already. */
export async function resolvedBefore(db: DatabaseConnection, runId: string): Promise<Resolved | undefined> {
  const run = await db.transaction().execute((transaction) => lockRun(transaction, runId))
  return resolvedOf(run)
}
