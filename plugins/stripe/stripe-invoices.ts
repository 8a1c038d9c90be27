import type { InvoiceLine, IssuedInvoice } from '../plugin-contract.ts'
import { names, noted } from './metadata.ts'
import { monthBilledIn, type Period } from './stripe-months.ts'

/** The part of Stripe's invoice that we keep. Both what its API answers and what its webhooks carry have this shape. */
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
  period: Period
}

export function toIssuedInvoice(invoice: StripeInvoice): IssuedInvoice {
  const lines = invoice.lines.data.map(toLine)
  const rest = invoice.total - lines.reduce((sum, { amount }) => sum + amount, 0)
  if (rest !== 0) lines.push(single('Taxes and discounts', rest))
  const month = monthOf(invoice)
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
  const words = description ?? 'Licenses'
  if (quantity === null || quantity <= 0) return single(words, amount)
  // What a tier or a discount makes uneven is told as one.
  if (amount % quantity !== 0) return single(words, amount)
  return { description: words, quantity, unitAmount: amount / quantity, amount }
}

function single(description: string, amount: number): InvoiceLine {
  return { description, quantity: 1, unitAmount: amount, amount }
}

function monthOf(invoice: StripeInvoice): string | undefined {
  const ours = noted(invoice, names.month)
  if (ours !== undefined) return ours
  const months = new Set(invoice.lines.data.map(({ period }) => monthBilledIn(period)))
  return months.size === 1 ? [...months][0] : undefined
}
