import { z } from 'zod'
import type { IssuedInvoice } from '../plugin-contract.ts'

/** An invoice in the output of a step, as its provider issued it: `takeDocument` checks it. Its time is text, because an output is JSON. */
export const invoiceSchema = z.object({
  externalId: z.string(),
  kind: z.enum(['invoice', 'credit_note']),
  number: z.string(),
  corrects: z.string().exactOptional(),
  month: z.string().exactOptional(),
  currency: z.string(),
  lines: z.array(
    z.object({
      description: z.string(),
      quantity: z.number(),
      unitAmount: z.number(),
      amount: z.number(),
    }),
  ),
  total: z.number(),
  issuedAt: z.iso.datetime(),
})

export type StoredInvoice = z.output<typeof invoiceSchema>

export function toStoredInvoice(invoice: IssuedInvoice): StoredInvoice {
  return { ...invoice, issuedAt: invoice.issuedAt.toISOString() }
}

export function toIssuedInvoice(invoice: StoredInvoice): IssuedInvoice {
  return { ...invoice, issuedAt: new Date(invoice.issuedAt) }
}
