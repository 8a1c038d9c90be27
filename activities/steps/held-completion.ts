import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { OnboardingStatus, StepStatus } from '../../domain/database/tables/run-tables.ts'
import {
  lockOnboarding,
  type LockedOnboarding,
  statusesOf,
  statusFrom,
} from '../../domain/runs/step-journal.ts'
import type { Settled } from '../../workflows/contract.ts'

/**
 * What a run is told of its ledger beside that a step is settled.
 * @param now what was written since the onboarding was locked; left out, nothing was.
 * @returns undefined where there is nothing to say, which is nearly always.
 */
export function settledOf(
  onboarding: LockedOnboarding,
  now: { status: OnboardingStatus; statuses: ReadonlyMap<string, StepStatus> } = {
    status: onboarding.status,
    statuses: statusesOf(onboarding),
  },
): Settled | undefined {
  const isHeld = now.status === 'running' && statusFrom(onboarding.plan, now.statuses) === 'completed'
  return isHeld ? { completionHeld: true } : undefined
}

/** The same for whoever finds that a step is settled already. */
export async function settledBefore(
  db: DatabaseConnection,
  onboardingId: string,
): Promise<Settled | undefined> {
  const onboarding = await db
    .transaction()
    .execute((transaction) => lockOnboarding(transaction, onboardingId))
  return settledOf(onboarding)
}
