import { type InTransaction, stepError, type SubscriptionTerms } from '../plugin-contract.ts'
import { noPlan } from '../../domain/plans/plan-errors.ts'
import { isBilled, lockSubscription, type Subscription } from '../../domain/plans/subscriptions.ts'
import { planChangedMeanwhile, planNotActive } from './errors.ts'

/**
 * Locks the account's subscription, and sees that it still is what the operation was accepted for.
 * @throws StepError, terminal, when it is not.
 */
export async function checkSubscription(
  { transaction }: InTransaction,
  organizationId: string,
  expected: SubscriptionTerms,
): Promise<void> {
  const found = await lockSubscription(transaction, organizationId)
  if (found === undefined) throw stepError(noPlan, { parameters: { id: organizationId } })
  if (!isBilled(found)) throw stepError(planNotActive, { parameters: { status: found.status } })
  refuseChanged(found, expected)
}

/**
 * As `checkSubscription`, for an operation to which an account without a plan, or with one that is not billed, is welcome.
 * @param expected null when nothing was billed.
 */
export async function checkBilling(
  { transaction }: InTransaction,
  organizationId: string,
  expected: SubscriptionTerms | null,
): Promise<void> {
  const found = await lockSubscription(transaction, organizationId)
  const billed = found !== undefined && isBilled(found)
  if (billed !== (expected !== null)) throw stepError(planChangedMeanwhile)
  if (billed && expected !== null) refuseChanged(found, expected)
}

function refuseChanged({ terms }: Subscription, expected: SubscriptionTerms): void {
  const same = (['kind', 'licenses', 'billingAdapter', 'subscriptionExternalId'] as const).every(
    (field) => terms[field] === expected[field],
  )
  if (!same) throw stepError(planChangedMeanwhile)
}
