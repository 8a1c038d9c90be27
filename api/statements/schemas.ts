import { z } from 'zod'
import { nullableText } from '../http/text-schema.ts'
import { currency, month } from '../invoices/schemas.ts'

const usage = z.object({
  trial: z.int().describe('The devices that count as trial.'),
  purchased: z.int().describe('The devices that count as purchased.'),
})

const figures = {
  billed: usage.describe(
    'The licenses used in the month that are on a bill, as a number of distinct devices.',
  ),
  unbilled: usage.describe('The licenses used in the month so far that are on no bill yet.'),
  writtenOff: usage.describe('The licenses used in the month whose bill was written off.'),
  invoices: z
    .array(
      z.object({
        currency,
        invoiced: z.int().describe('The sum of invoices for the month, in minor units.'),
        credited: z.int().describe('The sum of credit notes for the month, in minor units.'),
        total: z.int().describe('`invoiced` less `credited`, in minor units.'),
      }),
    )
    .describe('The amounts, one entry for each currency. An invoice counts for the month that it bills.'),
}

export const statement = z
  .object({
    organizationId: z.string(),
    month,
    totals: z
      .object(figures)
      .describe('The sums over the organization and all below it, not only over this page.'),
    items: z
      .array(z.object({ id: z.string(), name: z.string(), ...figures }))
      .describe(
        'The organizations with usage or invoices in the month. A parent comes before the organizations below it.',
      ),
    nextCursor: nullableText('Send it as `cursor` to read the next page. Null on the last page.'),
  })
  .meta({ id: 'Statement' })
