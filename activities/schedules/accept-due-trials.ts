import { findDueTrials } from '../../domain/plans/due-trials.ts'
import type { RunToStart, TrialRoundInput } from '../../workflows/contract.ts'
import { acceptRuns } from './accept-runs.ts'
import type { ActivityDependencies } from '../steps/step-context.ts'

const pageSize = 100

export async function acceptDueTrials(
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
