import { type InTransaction, stepError, type SubscriptionTerms } from '../plugin-contract.ts'
import { noPlan } from '../../domain/plans/plan-errors.ts'
import { isBilled, lockSubscription, type Subscription } from '../../domain/plans/subscriptions.ts'
import { planChangedMeanwhile, planNotActive } from './errors.ts'

/** @throws StepError `no_plan`, `plan_not_active` or `plan_changed_meanwhile`, all terminal. */
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
 * As `checkSubscription`, for a run that also accepts an account without a plan, or with a plan that is not billed.
 * @param expected the terms for which the run was accepted, or null when the account was not billed.
 * @throws StepError `plan_changed_meanwhile`, terminal.
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
