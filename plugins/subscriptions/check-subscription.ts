import type { InTransaction, SubscriptionTerms } from '../contract.ts'
import { isBilled, lockSubscription } from '../../domain/subscriptions.ts'
import { refusal } from './refusal.ts'

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
  if (found === undefined) throw refusal('no_plan', 'The account has no plan.')
  if (!isBilled(found)) throw refusal('plan_not_active', `The plan of the account is ${found.status}.`)
  const same = (['kind', 'licenses', 'billingAdapter', 'subscriptionExternalId'] as const).every(
    (field) => found.terms[field] === expected[field],
  )
  if (!same) throw refusal('plan_changed_meanwhile', 'The plan was changed since this was asked for.')
}
