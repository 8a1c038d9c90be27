import type { Stripe } from 'stripe'
import type { BillingCall, BillingUsage, IssuedInvoice, UsageReport } from '../plugin-contract.ts'
import type { Prices } from './catalogue.ts'
import { usageId } from './find.ts'
import { names, noted } from './metadata.ts'
import { putOnMeters, readMeters } from './meters.ts'
import { type Period, periodOf } from './stripe-months.ts'
import { hasEnded } from './stripe-subscriptions.ts'
import { findUsageInvoice, invoiceUsage, usageOn } from './usage-invoice.ts'

type Month = Omit<UsageReport, 'usage'>

const kinds = ['trial', 'purchased'] as const

/**
 * Puts a month's usage on the meters, whose invoice Stripe makes when it closes the month. Where the meters bill nobody
 * (Stripe has closed the month, the subscription has ended, or it is on a trial), by an invoice of its own, at once.
 */
export async function reportUsage(
  stripe: Stripe,
  { idempotencyKey }: BillingCall,
  report: UsageReport & { prices: Prices },
): Promise<{ externalId: string; invoice?: IssuedInvoice }> {
  const { subscription, month } = report
  const externalId = usageId(subscription.externalId, month)
  const current = await stripe.subscriptions.retrieve(subscription.externalId)
  if (noted(current, names.usageKey) === idempotencyKey) return { externalId }
  const invoice = await findUsageInvoice(stripe, report)
  if (invoice !== undefined) return invoiceUsage(stripe, idempotencyKey, { ...report, invoice })
  if (isClosed(current, periodOf(month))) {
    // It was on the meters when they still counted, and this is a second attempt whose first one lost its answer.
    if ((await readMeters(stripe, report)) !== undefined) return { externalId }
    return invoiceUsage(stripe, idempotencyKey, report)
  }
  if (isForgiven(current, report)) return invoiceUsage(stripe, idempotencyKey, report)
  await putOnMeters(stripe, idempotencyKey, report)
  await stripe.subscriptions.update(
    subscription.externalId,
    { metadata: { [names.usageKey]: idempotencyKey, [names.month]: month } },
    { idempotencyKey: `${idempotencyKey}:note` },
  )
  return { externalId }
}

/** What Stripe has on record: an invoice of ours for the month, or what the meters add up to. */
export async function readUsage(stripe: Stripe, month: Month): Promise<BillingUsage | undefined> {
  const invoice = await findUsageInvoice(stripe, month)
  return invoice === undefined ? readMeters(stripe, month) : usageOn(invoice)
}

/** Whether Stripe has made, or will never make, the invoice for the period that the month's last second is in. */
function isClosed(subscription: Stripe.Subscription, { end }: Period): boolean {
  const starts = subscription.items.data.map(({ current_period_start }) => current_period_start)
  return hasEnded(subscription) || starts.some((start) => start >= end)
}

/** Whether Stripe's own trial, in which it bills nothing, would swallow what is to be paid: after a plan went back to trial. */
function isForgiven(
  { trial_start: from, trial_end: to }: Stripe.Subscription,
  { month, usage, prices }: UsageReport & { prices: Prices },
): boolean {
  const last = periodOf(month).end - 1
  const due = kinds.some((kind) => usage[kind] * prices[kind] > 0)
  return due && from !== null && to !== null && from <= last && last < to
}
