import type { Stripe } from 'stripe'
import type { BillingCall, BillingPlan, BillingSubscription } from '../plugin-contract.ts'
import { ensurePrices, type Prices } from './catalogue.ts'
import { names, noted } from './metadata.ts'

export interface NewSubscription {
  customerExternalId: string
  organizationId: string
  plan: BillingPlan
}

/**
 * When Stripe closes a month. We report a month once it is over, and have until then before it is invoiced; what comes
 * later is billed by an invoice of its own. A trial sets the day to that of its end: any day has one end of a month
 * between it and the next.
 */
const closes = { day_of_month: 3, hour: 0, minute: 0, second: 0 }
const secondsPerDay = 24 * 60 * 60

/** Every subscription bills both kinds of licenses, so that changing the plan changes nothing in what is counted. */
export async function ensureSubscription(
  stripe: Stripe,
  { idempotencyKey }: BillingCall,
  wanted: NewSubscription & { prices: Prices },
): Promise<{ externalId: string }> {
  const { customerExternalId, organizationId, plan, prices } = wanted
  for await (const earlier of stripe.subscriptions.list({ customer: customerExternalId, status: 'all' }))
    if (noted(earlier, names.key) === idempotencyKey) return { externalId: earlier.id }
  const priceIds = await ensurePrices(stripe, prices)
  const days = freeDays(plan, prices)
  const subscription = await stripe.subscriptions.create(
    {
      customer: customerExternalId,
      items: [{ price: priceIds.purchased }, { price: priceIds.trial }],
      // A number of days, not a moment: a repeated key must come with the same content.
      ...(days === undefined ? { billing_cycle_anchor_config: closes } : { trial_period_days: days }),
      metadata: {
        [names.organization]: organizationId,
        [names.key]: idempotencyKey,
        ...describe(plan),
      },
    },
    { idempotencyKey },
  )
  return { externalId: subscription.id }
}

/** Sets the plan, whatever it was: doing it twice is doing it once, but for the end of a trial, so the key is looked at. */
export async function changePlan(
  stripe: Stripe,
  { idempotencyKey }: BillingCall,
  change: { subscription: BillingSubscription; to: BillingPlan; prices: Prices },
): Promise<{ externalId: string }> {
  const { externalId } = change.subscription
  const before = await stripe.subscriptions.retrieve(externalId)
  if (noted(before, names.changeKey) === idempotencyKey) return { externalId }
  const trial = trialTerms(before, change)
  await stripe.subscriptions.update(
    externalId,
    {
      ...trial,
      // Metered usage has no share of a period that could be charged or given back.
      proration_behavior: 'none',
      metadata: { ...describe(change.to), [names.changeKey]: idempotencyKey },
    },
    // With the day in it, because the end of the trial counts from today.
    { idempotencyKey: `${idempotencyKey}:${trial.trial_end ?? 'as-is'}` },
  )
  return { externalId }
}

/**
 * Ends a subscription. Usage that was reported and not yet invoiced is invoiced now: Stripe would drop it otherwise.
 */
export async function cancelSubscription(stripe: Stripe, { externalId }: BillingSubscription): Promise<void> {
  const subscription = await stripe.subscriptions.retrieve(externalId)
  if (hasEnded(subscription)) return
  await stripe.subscriptions.cancel(externalId, { invoice_now: true, prorate: false })
}

export function hasEnded({ status }: Stripe.Subscription): boolean {
  return status === 'canceled' || status === 'incomplete_expired'
}

/** How long Stripe is to bill nothing at all: that is what a trial means there, so not where trial licenses cost something. */
function freeDays(plan: BillingPlan, prices: Prices): number | undefined {
  return plan.kind === 'trial' && prices.trial === 0 ? plan.trialDays : undefined
}

function trialTerms(
  before: Stripe.Subscription,
  { to, prices }: { to: BillingPlan; prices: Prices },
): { trial_end?: number | 'now' } {
  const days = freeDays(to, prices)
  if (days !== undefined) return { trial_end: endOfTrial(days) }
  // A trial that is over stays over: ending it again would start another billing period.
  return before.status === 'trialing' ? { trial_end: 'now' } : {}
}

/** The midnight (UTC) after so many days: the same all day long. */
function endOfTrial(days: number): number {
  const today = Math.floor(Date.now() / 1_000 / secondsPerDay)
  return (today + days + 1) * secondsPerDay
}

function describe(plan: BillingPlan): Record<string, string> {
  // An empty value removes the name.
  return { [names.plan]: plan.kind, [names.licenses]: plan.licenses?.toString() ?? '' }
}
