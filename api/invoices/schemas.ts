import { z } from 'zod'
import { isMonth } from '../../domain/billing/months.ts'
import { listOf } from '../http/list-schema.ts'
import { text } from '../http/text-schema.ts'

export const month = z
  .string()
  .refine(isMonth, 'Use a month such as 2026-10.')
  .describe('A calendar month in UTC.')

export const currency = z.string().describe('ISO 4217.')

/** As the provider issued it. */
export const invoice = z
  .object({
    id: z.string(),
    organizationId: z.string(),
    billingAdapter: z.string().describe('Who issued it.'),
    externalId: z.string().describe('Its id at the provider.'),
    kind: z.enum(['invoice', 'credit_note']),
    number: z.string(),
    corrects: z.string().nullable().describe('For a credit note: the id of the invoice.'),
    month: month.nullable().describe('What was billed. Null where the provider bills other periods.'),
    currency,
    lines: z.array(
      z.object({
        description: z.string(),
        quantity: z.int(),
        unitAmount: z.int().describe('In minor units. Negative on a credit note.'),
        amount: z.int().describe('`quantity` times `unitAmount`.'),
      }),
    ),
    total: z.int().describe('The sum of the lines, in minor units.'),
    credited: z.int().describe('How much of it credit notes have taken back so far, in minor units.'),
    issuedAt: z.iso.datetime(),
  })
  .meta({ id: 'Invoice' })

export type InvoiceView = z.output<typeof invoice>

export const invoiceList = listOf(invoice)

export const creditBody = z.strictObject({
  amount: z
    .int()
    .min(1)
    .describe('Minor units of the invoice’s currency; with earlier credit notes at most its total.'),
  reason: text(500).describe('Is printed on the credit note.'),
})

export type CreditBody = z.output<typeof creditBody>

export const creditExample = { amount: 500, reason: 'The device was returned in the first week.' }
