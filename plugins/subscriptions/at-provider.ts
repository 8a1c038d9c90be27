import type { BillingPlan, BillingSubscription, CallContext, PlanTerms } from '../contract.ts'

const millisecondsPerDay = 24 * 60 * 60 * 1000

/** Terms as a billing adapter takes them: a trial that has begun goes on for the days that are left of it. */
export function toBillingPlan({ kind, licenses, trialEndsAt }: PlanTerms, now: Date): BillingPlan {
  return {
    kind,
    ...(licenses === null ? {} : { licenses }),
    ...(trialEndsAt === null ? {} : { trialDays: daysUntil(trialEndsAt, now) }),
  }
}

/** At least one: a provider does not know a trial without days. */
function daysUntil(time: string, now: Date): number {
  return Math.max(1, Math.ceil((new Date(time).getTime() - now.getTime()) / millisecondsPerDay))
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

/** A step that makes several calls gives each a key of its own. */
export function keyed<Context extends CallContext>(context: Context, name: string): Context {
  return { ...context, idempotencyKey: `${context.idempotencyKey}:${name}` }
}
