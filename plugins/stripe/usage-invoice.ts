import type { Stripe } from 'stripe'
import type { BillingUsage, IssuedInvoice, UsageReport } from '../plugin-contract.ts'
import { type Kind, kinds, type Prices, productId } from './catalogue.ts'
import { fromStripeInvoice } from './stripe-invoices.ts'
import { metadataOf, names } from './metadata.ts'
import type { BilledMonth } from './meters.ts'
import { periodOf } from './stripe-months.ts'

/**
 * Bills a month by one invoice. If `report.invoice` is the draft of an earlier attempt, it adds only the missing lines. If that
 * invoice was issued, it does not change.
 */
export async function invoiceUsage(
  stripe: Stripe,
  key: string,
  report: UsageReport & { prices: Prices; invoice?: Stripe.Invoice },
): Promise<{ externalId: string; invoice: IssuedInvoice }> {
  const draft = report.invoice ?? (await createDraft(stripe, key, report))
  if (draft.status !== 'draft') return { externalId: draft.id, invoice: fromStripeInvoice(draft) }
  const billedKinds = new Set(draft.lines.data.map((line) => metadataOf(line, names.plan)))
  for (const kind of kinds)
    if (!billedKinds.has(kind) && report.usage[kind] > 0) await addLine(stripe, key, draft.id, kind, report)
  const issued = await stripe.invoices.finalizeInvoice(
    draft.id,
    { auto_advance: true },
    { idempotencyKey: `${key}:finalize` },
  )
  return { externalId: issued.id, invoice: fromStripeInvoice(issued) }
}

export async function findUsageInvoice(
  stripe: Stripe,
  { subscription, month }: BilledMonth,
): Promise<Stripe.Invoice | undefined> {
  const created = { gte: periodOf(month).start }
  for await (const invoice of stripe.invoices.list({ customer: subscription.customerExternalId, created })) {
    const ours = metadataOf(invoice, names.subscription) === subscription.externalId
    if (ours && metadataOf(invoice, names.month) === month && invoice.status !== 'void') return invoice
  }
  return undefined
}

export function usageOn(invoice: Stripe.Invoice): BillingUsage {
  return {
    trial: Number(metadataOf(invoice, names.usage.trial) ?? 0),
    purchased: Number(metadataOf(invoice, names.usage.purchased) ?? 0),
  }
}

async function createDraft(
  stripe: Stripe,
  key: string,
  { subscription, month, usage, prices }: UsageReport & { prices: Prices },
): Promise<Stripe.Invoice> {
  return stripe.invoices.create(
    {
      customer: subscription.customerExternalId,
      currency: prices.currency.toLowerCase(),
      auto_advance: false,
      pending_invoice_items_behavior: 'exclude',
      description: `Licenses used in ${month}`,
      metadata: {
        [names.organization]: subscription.organizationId,
        [names.key]: key,
        [names.subscription]: subscription.externalId,
        [names.month]: month,
        [names.usage.trial]: usage.trial.toString(),
        [names.usage.purchased]: usage.purchased.toString(),
      },
    },
    { idempotencyKey: `${key}:invoice` },
  )
}

async function addLine(
  stripe: Stripe,
  key: string,
  invoice: string,
  kind: Kind,
  { subscription, month, usage, prices }: UsageReport & { prices: Prices },
): Promise<void> {
  const { start, end } = periodOf(month)
  await stripe.invoiceItems.create(
    {
      customer: subscription.customerExternalId,
      invoice,
      description: `Licenses used in ${month} (${kind})`,
      quantity: usage[kind],
      price_data: {
        currency: prices.currency.toLowerCase(),
        product: productId,
        unit_amount: prices[kind],
      },
      period: { start, end: end - 1 },
      metadata: { [names.plan]: kind },
    },
    { idempotencyKey: `${key}:line:${kind}` },
  )
}
