import { findDueTrials } from '../../domain/plans/due-trials.ts'
import { rounds, type RunToStart } from '../../workflows/contract.ts'
import { acceptRuns } from './accept-runs.ts'
import { whileHeartbeating } from '../steps/heartbeat.ts'
import type { ActivityDependencies } from '../steps/step-context.ts'

const atOnce = 100

/** What the round over trials asks for. */
export function createTrialRound(dependencies: ActivityDependencies) {
  return {
    [rounds.trials.activity]: (call: { reminderDays: number }): Promise<RunToStart[]> =>
      whileHeartbeating(() => acceptDueTrials(dependencies, call)),
  }
}

async function acceptDueTrials(
  dependencies: ActivityDependencies,
  { reminderDays }: { reminderDays: number },
): Promise<RunToStart[]> {
  const due = await findDueTrials(dependencies.db, { now: new Date(), reminderDays, limit: atOnce })
  return acceptRuns(
    dependencies,
    due.map(({ kind, organizationId, trialEndsAt: end }) => {
      const trialEndsAt = end.toISOString()
      return { kind, request: { organizationId, trialEndsAt }, scheduleKey: trialEndsAt }
    }),
  )
}
