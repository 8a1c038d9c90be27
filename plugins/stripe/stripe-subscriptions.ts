import { createHash } from 'node:crypto'
import type { Stripe } from 'stripe'
import type { BillingCall, BillingPlan, BillingSubscription } from '../plugin-contract.ts'
import { ensureProduct, productId } from './catalogue.ts'
import { metadataOf, names } from './metadata.ts'
import { resumeCollection } from './usage-invoice.ts'

export interface NewSubscription {
  customerExternalId: string
  organizationId: string
  plan: BillingPlan
}

const secondsPerDay = 24 * 60 * 60
/** A metadata value of Stripe has at most 500 characters. */
const markLength = 16
const marksKept = 25

/**
 * Creates a subscription. It carries the plan and the trial, and its price is 0: usage is billed by invoices of our own. Stripe
 * creates an invoice with the total 0 for each of its periods, so the period is a year.
 */
export async function ensureSubscription(
  stripe: Stripe,
  { idempotencyKey }: BillingCall,
  wanted: NewSubscription & { currency: string },
): Promise<{ externalId: string }> {
  const { customerExternalId, organizationId, plan, currency } = wanted
  for await (const earlier of stripe.subscriptions.list({ customer: customerExternalId, status: 'all' }))
    if (metadataOf(earlier, names.key) === idempotencyKey) return { externalId: earlier.id }
  await ensureProduct(stripe)
  const price = { currency: currency.toLowerCase(), product: productId, unit_amount: 0 }
  const subscription = await stripe.subscriptions.create(
    {
      customer: customerExternalId,
      items: [{ price_data: { ...price, recurring: { interval: 'year' } } }],
      // Send days instead of a time, because a repeated key must have the same content.
      ...(plan.trialDays === undefined ? {} : { trial_period_days: plan.trialDays }),
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

/**
 * Changes the plan. A second call with the same key returns without a change, even after another change: it would move the end of
 * the trial, or bring an overtaken plan back.
 */
export async function changePlan(
  stripe: Stripe,
  { idempotencyKey }: BillingCall,
  change: { subscription: BillingSubscription; to: BillingPlan },
): Promise<{ externalId: string }> {
  const { externalId } = change.subscription
  const before = await stripe.subscriptions.retrieve(externalId)
  const earlier = metadataOf(before, names.changes)?.split(' ') ?? []
  const mark = createHash('sha256').update(idempotencyKey).digest('hex').slice(0, markLength)
  if (earlier.includes(mark)) return { externalId }
  const trial = trialTerms(before, change.to)
  await stripe.subscriptions.update(
    externalId,
    {
      ...trial,
      proration_behavior: 'none',
      metadata: {
        ...planMetadata(change.to),
        [names.changeKey]: idempotencyKey,
        [names.changes]: [...earlier, mark].slice(-marksKept).join(' '),
      },
    },
    // The key contains what depends on the time of the call: the end of the trial, and the last change before it.
    { idempotencyKey: `${idempotencyKey}:${trial.trial_end ?? 'as-is'}:${earlier.at(-1) ?? 'first'}` },
  )
  return { externalId }
}

/** Ends a subscription. Our invoices stay due. */
export async function cancelSubscription(stripe: Stripe, subscription: BillingSubscription): Promise<void> {
  const { externalId } = subscription
  if (!hasEnded(await stripe.subscriptions.retrieve(externalId)))
    await stripe.subscriptions.cancel(externalId)
  await resumeCollection(stripe, subscription)
}

export function hasEnded({ status }: Stripe.Subscription): boolean {
  return status === 'canceled' || status === 'incomplete_expired'
}

function trialTerms(before: Stripe.Subscription, { trialDays }: BillingPlan): { trial_end?: number | 'now' } {
  if (trialDays !== undefined) return { trial_end: endOfTrial(trialDays) }
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
