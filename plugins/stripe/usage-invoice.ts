import { Stripe } from 'stripe'
import type { BillingSubscription, UsageReport } from '../plugin-contract.ts'
import { type Prices, productId } from './catalogue.ts'
import { metadataOf, names } from './metadata.ts'

type PricedReport = UsageReport & { prices: Prices }

interface UsageLine {
  name: 'trial' | 'purchased' | 'converted'
  description: string
  quantity: number
  /** Integer minor units. */
  unitAmount: number
}

/** Lists the invoices that we created for a subscription, in every status. */
export async function* listUsageInvoices(
  stripe: Stripe,
  { customerExternalId: customer, externalId }: BillingSubscription,
): AsyncGenerator<Stripe.Invoice, void> {
  for await (const invoice of stripe.invoices.list({ customer, limit: 100 }))
    if (metadataOf(invoice, names.subscription) === externalId) yield invoice
}

/** Creates the invoice of a report, without lines. The subscription decides whether Stripe charges or sends it. */
export async function createDraft(
  stripe: Stripe,
  key: string,
  { subscription, month, usage, converted, prices }: PricedReport,
): Promise<Stripe.Invoice> {
  const { collection_method, days_until_due } = await stripe.subscriptions.retrieve(subscription.externalId)
  return stripe.invoices.create(
    {
      customer: subscription.customerExternalId,
      currency: prices.currency.toLowerCase(),
      collection_method,
      ...(days_until_due === null ? {} : { days_until_due }),
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
        [names.converted]: converted.toString(),
      },
    },
    { idempotencyKey: `${key}:invoice` },
  )
}

/** Adds the lines that the draft does not have yet, and issues it. Stripe then collects the payment by itself. */
export async function issueDraft(
  stripe: Stripe,
  key: string,
  { invoice, ...report }: PricedReport & { invoice: Stripe.Invoice },
): Promise<Stripe.Invoice> {
  const added = new Set(invoice.lines.data.map((line) => metadataOf(line, names.line)))
  for (const line of linesOf(report))
    if (!added.has(line.name)) await addLine(stripe, key, { ...report, invoice: invoice.id, line })
  return stripe.invoices.finalizeInvoice(
    invoice.id,
    { auto_advance: true },
    { idempotencyKey: `${key}:finalize` },
  )
}

/** When Stripe ends a subscription, it stops the collection of all invoices of the customer. This resumes that of ours. */
export async function resumeCollection(stripe: Stripe, subscription: BillingSubscription): Promise<void> {
  for await (const { id, status, auto_advance } of listUsageInvoices(stripe, subscription))
    if (status === 'open' && auto_advance === false) await stripe.invoices.update(id, { auto_advance: true })
}

/** A converted license costs the purchased price less the trial price, which an earlier invoice of the month has billed. */
function linesOf({ month, usage, converted, prices }: PricedReport): UsageLine[] {
  const lines: UsageLine[] = [
    {
      name: 'purchased',
      description: `Licenses used in ${month}`,
      quantity: usage.purchased,
      unitAmount: prices.purchased,
    },
    {
      name: 'trial',
      description: `Trial licenses used in ${month}`,
      quantity: usage.trial,
      unitAmount: prices.trial,
    },
    {
      name: 'converted',
      description: `Trial licenses of ${month} that were converted`,
      quantity: prices.trial === 0 ? 0 : converted,
      unitAmount: -prices.trial,
    },
  ]
  return lines.filter(({ quantity }) => quantity > 0)
}

async function addLine(
  stripe: Stripe,
  key: string,
  { subscription, month, prices, invoice, line }: PricedReport & { invoice: string; line: UsageLine },
): Promise<void> {
  const { name, description, quantity, unitAmount } = line
  const currency = prices.currency.toLowerCase()
  await stripe.invoiceItems.create(
    {
      customer: subscription.customerExternalId,
      invoice,
      description,
      quantity,
      // A price at Stripe is never negative.
      ...(unitAmount < 0
        ? { currency, unit_amount_decimal: Stripe.Decimal.from(unitAmount) }
        : { price_data: { currency, product: productId, unit_amount: unitAmount } }),
      period: periodOf(month),
      metadata: { [names.line]: name },
    },
    { idempotencyKey: `${key}:line:${name}` },
  )
}

/** The first and the last second of a calendar month in UTC. */
function periodOf(month: string): { start: number; end: number } {
  const [year = 0, number = 0] = month.split('-').map(Number)
  return { start: Date.UTC(year, number - 1) / 1_000, end: Date.UTC(year, number) / 1_000 - 1 }
}
