import type { Stripe } from 'stripe'
import type { BillingCall, BillingPlan, BillingSubscription } from '../plugin-contract.ts'
import { ensurePrices, type Prices } from './catalogue.ts'
import { metadataOf, names } from './metadata.ts'

export interface NewSubscription {
  customerExternalId: string
  organizationId: string
  plan: BillingPlan
}

/**
 * The day on which Stripe's billing period ends and Stripe invoices it. Usage that we report after that day gets an invoice of its
 * own. A trial moves the day to the end of the trial. Each period still contains the end of exactly one month.
 */
const billingCycle = { day_of_month: 3, hour: 0, minute: 0, second: 0 }
const secondsPerDay = 24 * 60 * 60

/** Creates a subscription. It meters both kinds of licenses, so that a plan change does not affect the meters. */
export async function ensureSubscription(
  stripe: Stripe,
  { idempotencyKey }: BillingCall,
  wanted: NewSubscription & { prices: Prices },
): Promise<{ externalId: string }> {
  const { customerExternalId, organizationId, plan, prices } = wanted
  for await (const earlier of stripe.subscriptions.list({ customer: customerExternalId, status: 'all' }))
    if (metadataOf(earlier, names.key) === idempotencyKey) return { externalId: earlier.id }
  const priceIds = await ensurePrices(stripe, prices)
  const days = freeDays(plan, prices)
  const subscription = await stripe.subscriptions.create(
    {
      customer: customerExternalId,
      items: [{ price: priceIds.purchased }, { price: priceIds.trial }],
      // Send days instead of a time, because a repeated key must have the same content.
      ...(days === undefined ? { billing_cycle_anchor_config: billingCycle } : { trial_period_days: days }),
      metadata: {
        [names.organization]: organizationId,
        [names.key]: idempotencyKey,
        ...planMetadata(plan),
      },
    },
    { idempotencyKey },
  )
  return { externalId: subscription.id }
}

/** Changes the plan. A second call with the same key returns without a change, because it would move the end of the trial. */
export async function changePlan(
  stripe: Stripe,
  { idempotencyKey }: BillingCall,
  change: { subscription: BillingSubscription; to: BillingPlan; prices: Prices },
): Promise<{ externalId: string }> {
  const { externalId } = change.subscription
  const before = await stripe.subscriptions.retrieve(externalId)
  if (metadataOf(before, names.changeKey) === idempotencyKey) return { externalId }
  const trial = trialTerms(before, change)
  await stripe.subscriptions.update(
    externalId,
    {
      ...trial,
      // Metered usage has no prorated share of a period.
      proration_behavior: 'none',
      metadata: { ...planMetadata(change.to), [names.changeKey]: idempotencyKey },
    },
    // The key contains the end of the trial, because it depends on the day of the call.
    { idempotencyKey: `${idempotencyKey}:${trial.trial_end ?? 'as-is'}` },
  )
  return { externalId }
}

/** Ends a subscription. Usage that was reported but not invoiced is invoiced now, because Stripe would drop it otherwise. */
export async function cancelSubscription(stripe: Stripe, { externalId }: BillingSubscription): Promise<void> {
  const subscription = await stripe.subscriptions.retrieve(externalId)
  if (hasEnded(subscription)) return
  await stripe.subscriptions.cancel(externalId, { invoice_now: true, prorate: false })
}

export function hasEnded({ status }: Stripe.Subscription): boolean {
  return status === 'canceled' || status === 'incomplete_expired'
}

/** The days of a trial at Stripe, which bills nothing during a trial. Undefined if trial licenses have a price. */
function freeDays(plan: BillingPlan, prices: Prices): number | undefined {
  return plan.kind === 'trial' && prices.trial === 0 ? plan.trialDays : undefined
}

function trialTerms(
  before: Stripe.Subscription,
  { to, prices }: { to: BillingPlan; prices: Prices },
): { trial_end?: number | 'now' } {
  const days = freeDays(to, prices)
  if (days !== undefined) return { trial_end: endOfTrial(days) }
  // Leave an ended trial alone: ending it again would start another billing period.
  return before.status === 'trialing' ? { trial_end: 'now' } : {}
}

/** Midnight (UTC) after this number of days. It is the same for all calls of one day. */
function endOfTrial(days: number): number {
  const today = Math.floor(Date.now() / 1_000 / secondsPerDay)
  return (today + days + 1) * secondsPerDay
}

function planMetadata(plan: BillingPlan): Record<string, string> {
  // An empty value removes the name from the metadata.
  return { [names.plan]: plan.kind, [names.licenses]: plan.licenses?.toString() ?? '' }
}
