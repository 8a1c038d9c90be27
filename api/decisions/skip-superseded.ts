import { findRun, listStuckAtMessage } from '../../domain/runs/read-runs.ts'
import type { Run } from '../../domain/runs/run-record.ts'
import { type DecisionDependencies, skipStep, type Target } from './decide-run.ts'
import { Problem } from '../http/problem.ts'

/**
 * Skips the step `notify-user` of other runs that are stuck at it, because a new message replaces theirs. A run that does not take
 * the skip stays stuck until a person decides.
 * @param resend the run that sends the new message.
 */
export async function skipSuperseded(
  dependencies: DecisionDependencies,
  { caller, authenticate }: Omit<Target, 'run'>,
  { userId, resend }: { userId: string; resend: Run },
): Promise<void> {
  const { db } = dependencies
  // A repeated idempotency key: the earlier request skipped the steps.
  if (resend.closedAt !== null) return
  for (const id of await listStuckAtMessage(db, userId)) {
    const run = id === resend.id ? undefined : await findRun(db, caller.path, id)
    if (run === undefined) continue
    const decision = { step: 'notify-user', reason: `Sent again by ${resend.id}.` }
    // Outside of the catch: a caller that lost its access makes no further decision.
    await authenticate()
    await skipStep(dependencies, { caller, run, authenticate }, decision).catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error
    })
  }
}
