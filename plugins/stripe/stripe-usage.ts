import type { Stripe } from 'stripe'
import type {
  BillingCall,
  BillingUsage,
  IssuedInvoice,
  ReportedMonth,
  UsageReport,
} from '../plugin-contract.ts'
import type { Prices } from './catalogue.ts'
import { metadataOf, names } from './metadata.ts'
import { fromStripeInvoice } from './stripe-invoices.ts'
import { createDraft, issueDraft, listUsageInvoices } from './usage-invoice.ts'

/**
 * Bills a report by one invoice. The invoice of an earlier attempt is found by its key in the list of invoices: Stripe forgets its
 * own idempotency keys after 24 hours, and its search lags by up to an hour. A draft is completed, an issued invoice does not change.
 */
export async function reportUsage(
  stripe: Stripe,
  { idempotencyKey: key }: BillingCall,
  report: UsageReport & { prices: Prices },
): Promise<{ externalId: string; invoice: IssuedInvoice }> {
  const earlier = await findReported(stripe, key, report)
  const invoice = earlier ?? (await createDraft(stripe, key, report))
  const issued = invoice.status === 'draft' ? await issueDraft(stripe, key, { ...report, invoice }) : invoice
  return { externalId: issued.id, invoice: fromStripeInvoice(issued) }
}

/** Returns the sum of the usage on the issued invoices of a month, or undefined when there is none. A void invoice does not count. */
export async function readUsage(
  stripe: Stripe,
  { subscription, month }: ReportedMonth,
): Promise<BillingUsage | undefined> {
  let sum: BillingUsage | undefined
  for await (const invoice of listUsageInvoices(stripe, subscription)) {
    if (metadataOf(invoice, names.month) !== month) continue
    if (invoice.status === 'draft' || invoice.status === 'void') continue
    const { trial, purchased } = usageOn(invoice)
    sum = { trial: trial + (sum?.trial ?? 0), purchased: purchased + (sum?.purchased ?? 0) }
  }
  return sum
}

function usageOn(invoice: Stripe.Invoice): BillingUsage {
  return {
    trial: Number(metadataOf(invoice, names.usage.trial) ?? 0),
    purchased: Number(metadataOf(invoice, names.usage.purchased) ?? 0),
  }
}

async function findReported(
  stripe: Stripe,
  key: string,
  { subscription }: UsageReport,
): Promise<Stripe.Invoice | undefined> {
  for await (const invoice of listUsageInvoices(stripe, subscription))
    if (metadataOf(invoice, names.key) === key) return invoice
  return undefined
}
