import { z } from 'zod'
import { isMonth } from '../../domain/billing/months.ts'
import { listOf } from '../http/list-schema.ts'
import { nullableText, text } from '../http/text-schema.ts'

export const month = z
  .string()
  .refine(isMonth, 'Use a month such as 2026-10.')
  .describe('A calendar month in UTC, such as `2026-10`.')

export const currency = z.string().describe('The ISO 4217 code of the currency.')

export const invoice = z
  .object({
    id: z.string(),
    organizationId: z.string(),
    billingAdapter: z.string().describe('The billing adapter that issued the invoice.'),
    externalId: z.string().describe('The id of the invoice at the billing provider.'),
    kind: z.enum(['invoice', 'credit_note']),
    number: z.string().describe('The number that is printed on the invoice.'),
    corrects: nullableText('The id of the invoice that a credit note corrects. Null for an invoice.'),
    month: month
      .nullable()
      .describe('The month that was billed. Null when the provider bills other periods.'),
    currency,
    lines: z.array(
      z.object({
        description: z.string(),
        quantity: z.int(),
        unitAmount: z.int().describe('In minor units. Negative on a credit note.'),
        amount: z.int().describe('`quantity` times `unitAmount`, in minor units.'),
      }),
    ),
    total: z.int().describe('The sum of the lines, in minor units.'),
    credited: z.int().describe('The sum of all credit notes for the invoice so far, in minor units.'),
    issuedAt: z.iso.datetime(),
  })
  .meta({ id: 'Invoice' })

export type InvoiceView = z.output<typeof invoice>

export const invoiceList = listOf(invoice)

export const creditBody = z.strictObject({
  amount: z
    .int()
    .min(1)
    .describe(
      'The amount to credit, in minor units of the currency. At most `total` less `credited` of the invoice.',
    ),
  reason: text(500).describe('The reason, as printed on the credit note.'),
})

export type CreditBody = z.output<typeof creditBody>

export const creditExample = { amount: 500, reason: 'The device was returned in the first week.' }
