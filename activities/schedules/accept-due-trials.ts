import { findDueTrials } from '../../domain/plans/due-trials.ts'
import type { Activities } from '../../workflows/activity-types.ts'
import type { RunToStart, TrialRoundInput } from '../../workflows/contract.ts'
import { acceptRuns } from './accept-runs.ts'
import { whileHeartbeating } from '../steps/heartbeat.ts'
import type { ActivityDependencies } from '../steps/step-context.ts'

const pageSize = 100

/** The activity of a trial round. */
export function createTrialRound(dependencies: ActivityDependencies) {
  return {
    'accept-due-trials': (call) => whileHeartbeating(() => acceptDueTrials(dependencies, call)),
  } satisfies Partial<Activities>
}

async function acceptDueTrials(
  dependencies: ActivityDependencies,
  { reminderDays }: TrialRoundInput,
): Promise<RunToStart[]> {
  const due = await findDueTrials(dependencies.db, { now: new Date(), reminderDays, limit: pageSize })
  return acceptRuns(
    dependencies,
    due.map(({ kind, organizationId, trialEndsAt: end }) => {
      const trialEndsAt = end.toISOString()
      return { kind, request: { organizationId, trialEndsAt }, scheduleKey: trialEndsAt }
    }),
  )
}
