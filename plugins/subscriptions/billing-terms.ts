import type { OpenBill } from '../../domain/billing/bills.ts'
import type { SubscriptionAtProvider } from '../../domain/runs/run-requests.ts'
import type {
  BillingAdapter,
  BillingCall,
  BillingPlan,
  BillingSubscription,
  LookupResult,
  PlanTerms,
  StepContext,
} from '../plugin-contract.ts'

const millisecondsPerDay = 24 * 60 * 60 * 1000

/** Converts the terms of an account to the plan of a billing adapter. @param trialDays the whole days that are left of a trial. */
export function toBillingPlan({ kind, licenses, trialEndsAt }: PlanTerms, trialDays: number): BillingPlan {
  return {
    kind,
    ...(licenses === null ? {} : { licenses }),
    ...(trialEndsAt === null ? {} : { trialDays }),
  }
}

/**
 * Returns the whole days until the trial ends, at least 1, because providers refuse a trial without days. The first step of a run
 * computes them once, so that a call repeated on another day sends the same number.
 * @param terms the first terms with an end of trial count.
 */
export function trialDaysLeft(terms: readonly PlanTerms[], now: Date): number {
  const [end = now] = terms.flatMap(({ trialEndsAt }) =>
    trialEndsAt === null ? [] : [new Date(trialEndsAt)],
  )
  return Math.max(1, Math.ceil((end.getTime() - now.getTime()) / millisecondsPerDay))
}

export function toBillingSubscription(
  organizationId: string,
  ids: { customerExternalId: string; subscriptionExternalId: string },
): BillingSubscription {
  return {
    organizationId,
    customerExternalId: ids.customerExternalId,
    externalId: ids.subscriptionExternalId,
  }
}

/** Reports an open bill of an account to its adapter. The idempotency key is the id of the bill, so it is billed once. */
export function reportBill(
  adapter: BillingAdapter,
  context: BillingCall,
  {
    organizationId,
    subscription,
    bill,
  }: { organizationId: string; subscription: SubscriptionAtProvider; bill: OpenBill },
): ReturnType<BillingAdapter['reportUsage']> {
  const { converted, ...usage } = bill.usage
  return adapter.reportUsage(
    { ...context, idempotencyKey: bill.id },
    {
      subscription: toBillingSubscription(organizationId, subscription),
      month: bill.month,
      usage,
      converted,
    },
  )
}

/** The result of a step whose one call at the provider returns the id of a subscription. */
export function subscriptionResult(subscriptionExternalId: string) {
  return { output: { subscriptionExternalId }, externalReference: subscriptionExternalId }
}

/** The `lookup` of such a step. */
export async function findSubscription(
  context: StepContext,
  { billingAdapter }: { billingAdapter: string },
): Promise<LookupResult<{ subscriptionExternalId: string }>> {
  const found = await context.billing(billingAdapter).find(context)
  if (found === undefined) return { outcome: 'absent' }
  return { outcome: 'happened', result: subscriptionResult(found.externalId) }
}
