import type { BillingPlan, BillingSubscription, PlanTerms } from '../plugin-contract.ts'

const millisecondsPerDay = 24 * 60 * 60 * 1000

/** Terms as a billing adapter takes them: a trial that has begun goes on for the days that are left of it. */
export function toBillingPlan({ kind, licenses, trialEndsAt }: PlanTerms, trialDays: number): BillingPlan {
  return {
    kind,
    ...(licenses === null ? {} : { licenses }),
    ...(trialEndsAt === null ? {} : { trialDays }),
  }
}

/**
 * Whole days that are left of a trial, at least one: a provider does not know a trial without days. A run counts them once,
 * in its first step, because a call that is repeated on another day must say the same.
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
