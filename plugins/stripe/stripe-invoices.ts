import type { InvoiceLine, IssuedInvoice } from '../plugin-contract.ts'
import { metadataOf, names } from './metadata.ts'

/** The fields of a Stripe invoice that we read, from the API and from webhooks. */
export interface StripeInvoice {
  id: string
  number: string | null
  currency: string
  total: number
  created: number
  effective_at: number | null
  metadata: Record<string, string> | null
  lines: { data: StripeLine[] }
}

interface StripeLine {
  description: string | null
  quantity: number | null
  amount: number
}

/** Whether we created the invoice. Stripe creates others, such as one with the total 0 when a subscription starts. */
export function isOurs(invoice: Pick<StripeInvoice, 'metadata'>): boolean {
  return metadataOf(invoice, names.subscription) !== undefined
}

export function fromStripeInvoice(invoice: StripeInvoice): IssuedInvoice {
  const lines = invoice.lines.data.map(toLine)
  const difference = invoice.total - lines.reduce((sum, { amount }) => sum + amount, 0)
  if (difference !== 0) lines.push(singleUnit('Taxes and discounts', difference))
  const month = metadataOf(invoice, names.month)
  return {
    externalId: invoice.id,
    kind: 'invoice',
    number: invoice.number ?? invoice.id,
    ...(month === undefined ? {} : { month }),
    currency: invoice.currency.toUpperCase(),
    lines,
    total: invoice.total,
    issuedAt: new Date((invoice.effective_at ?? invoice.created) * 1_000),
  }
}

function toLine({ description, quantity, amount }: StripeLine): InvoiceLine {
  const text = description ?? 'Licenses'
  if (quantity === null || quantity <= 0) return singleUnit(text, amount)
  // With tiers or a discount the amount may not divide by the quantity. Show such a line as one unit.
  if (amount % quantity !== 0) return singleUnit(text, amount)
  return { description: text, quantity, unitAmount: amount / quantity, amount }
}

function singleUnit(description: string, amount: number): InvoiceLine {
  return { description, quantity: 1, unitAmount: amount, amount }
}
