import { hasUnbilledUsage } from '../../domain/billing/unbilled-usage.ts'
import { isBilled, lockSubscription } from '../../domain/plans/subscriptions.ts'
import { hasOpenChange } from '../../domain/runs/open-runs.ts'
import { type InTransaction, stepError } from '../plugin-contract.ts'
import { accountChanging, subscriptionReplaced, usageNotBilled } from './errors.ts'

/**
 * Refuses to undo the plan of an account that was used or changed since its onboarding started it, so that no usage is lost and no
 * subscription stays open. Closing the account bills its usage and ends its present subscription.
 * @param started the id of the subscription that the onboarding opened.
 * @throws StepError `account_changing`, `subscription_replaced` or `usage_not_billed`, all `needs_input`.
 */
export async function refuseRemoval(
  { transaction }: InTransaction,
  organizationId: string,
  started: string,
): Promise<void> {
  const present = await lockSubscription(transaction, organizationId)
  if (await hasOpenChange(transaction, organizationId)) throw stepError(accountChanging)
  if (present === undefined) return
  if (isBilled(present) && present.terms.subscriptionExternalId !== started)
    throw stepError(subscriptionReplaced)
  if (await hasUnbilledUsage(transaction, organizationId)) throw stepError(usageNotBilled)
}
