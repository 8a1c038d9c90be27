import type { DatabaseConnection } from '../domain/database/connection.ts'
import { lockOnboarding, type LockedOnboarding, statusesOf, statusFrom } from '../domain/step-ledger.ts'
import type { Settled } from '../workflows/contract.ts'

/**
 * What a run is told of its ledger beside that a step is settled.
 * @returns undefined where there is nothing to say, which is nearly always.
 */
export function settledOf(
  { plan, status }: Pick<LockedOnboarding, 'plan' | 'status'>,
  statuses: ReturnType<typeof statusesOf>,
): Settled | undefined {
  const isHeld = status === 'running' && statusFrom(plan, statuses) === 'completed'
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
  return settledOf(onboarding, statusesOf(onboarding))
}
