import type { Caller } from '../../domain/access/api-keys.ts'
import { findRun, listStuckAtMessage } from '../../domain/runs/read-runs.ts'
import type { Run } from '../../domain/runs/run-record.ts'
import { type DecisionDependencies, skipStep } from './decide-run.ts'
import { Problem } from '../http/problem.ts'

/**
 * A run that is stuck at writing to a person goes on without that once somebody asked for another message. Where it can't be
 * told now, it stays as it was, for a person to decide on.
 */
export async function skipSuperseded(
  dependencies: DecisionDependencies,
  caller: Caller,
  { userId, resend }: { userId: string; resend: Run },
): Promise<void> {
  const { db } = dependencies
  // Asked for earlier, and answered again.
  if (resend.closedAt !== null) return
  for (const id of await listStuckAtMessage(db, userId)) {
    const run = id === resend.id ? undefined : await findRun(db, caller.path, id)
    if (run === undefined) continue
    const decision = { step: 'notify-user', reason: `Sent again by ${resend.id}.` }
    await skipStep(dependencies, { caller, run }, decision).catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error
    })
  }
}
