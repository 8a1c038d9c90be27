import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { RunStatus, StepStatus } from '../../domain/database/tables/run-tables.ts'
import { lockRun, type LockedRun, statusesOf, statusFrom } from '../../domain/runs/step-journal.ts'
import type { Resolved } from '../../workflows/contract.ts'

/**
 * What a run is told of its journal beside that a step is resolved.
 * @param now what was written since the run was locked; left out, nothing was.
 * @returns undefined where there is nothing to say, which is nearly always.
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

/** The same for whoever finds that a step is resolved already. */
export async function resolvedBefore(db: DatabaseConnection, runId: string): Promise<Resolved | undefined> {
  const run = await db.transaction().execute((transaction) => lockRun(transaction, runId))
  return resolvedOf(run)
}
