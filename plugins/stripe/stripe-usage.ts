import type { Stripe } from 'stripe'
import type { BillingCall, BillingUsage, IssuedInvoice, UsageReport } from '../plugin-contract.ts'
import { kinds, type Prices } from './catalogue.ts'
import { usageId } from './find.ts'
import { metadataOf, names } from './metadata.ts'
import { type BilledMonth, readMeters, reportToMeters } from './meters.ts'
import { type Period, periodOf } from './stripe-months.ts'
import { hasEnded } from './stripe-subscriptions.ts'
import { findUsageInvoice, invoiceUsage, usageOn } from './usage-invoice.ts'

/**
 * Reports the usage of a month to the meters, which Stripe invoices at the end of the billing period. If Stripe would not bill the
 * meters (the period has been invoiced, the subscription has ended, or it is in a free trial), it creates an invoice at once.
 */
export async function reportUsage(
  stripe: Stripe,
  { idempotencyKey }: BillingCall,
  report: UsageReport & { prices: Prices },
): Promise<{ externalId: string; invoice?: IssuedInvoice }> {
  const { subscription, month } = report
  const externalId = usageId(subscription.externalId, month)
  const current = await stripe.subscriptions.retrieve(subscription.externalId)
  if (metadataOf(current, names.usageKey) === idempotencyKey) return { externalId }
  const invoice = await findUsageInvoice(stripe, report)
  if (invoice !== undefined) return invoiceUsage(stripe, idempotencyKey, { ...report, invoice })
  if (isPeriodInvoiced(current, periodOf(month))) {
    // An earlier attempt reported to the meters in time, and its answer was lost.
    if ((await readMeters(stripe, report)) !== undefined) return { externalId }
    return invoiceUsage(stripe, idempotencyKey, report)
  }
  if (isInFreeTrial(current, report)) return invoiceUsage(stripe, idempotencyKey, report)
  await reportToMeters(stripe, idempotencyKey, report)
  await stripe.subscriptions.update(
    subscription.externalId,
    { metadata: { [names.usageKey]: idempotencyKey, [names.month]: month } },
    { idempotencyKey: `${idempotencyKey}:note` },
  )
  return { externalId }
}

/** Returns the usage that Stripe has on record: that of our invoice for the month, or else that of the meters. */
export async function readUsage(stripe: Stripe, month: BilledMonth): Promise<BillingUsage | undefined> {
  const invoice = await findUsageInvoice(stripe, month)
  return invoice === undefined ? readMeters(stripe, month) : usageOn(invoice)
}

/** Whether Stripe has invoiced the billing period that contains the end of the month, or never will. */
function isPeriodInvoiced(subscription: Stripe.Subscription, { end }: Period): boolean {
  const starts = subscription.items.data.map(({ current_period_start }) => current_period_start)
  return hasEnded(subscription) || starts.some((start) => start >= end)
}

/** Whether the month has usage with a price, and ends in a trial at Stripe, during which Stripe bills nothing. */
function isInFreeTrial(
  { trial_start: from, trial_end: to }: Stripe.Subscription,
  { month, usage, prices }: UsageReport & { prices: Prices },
): boolean {
  const last = periodOf(month).end - 1
  const due = kinds.some((kind) => usage[kind] * prices[kind] > 0)
  return due && from !== null && to !== null && from <= last && last < to
}
