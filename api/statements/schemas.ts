import { z } from 'zod'
import { currency, month } from '../invoices/schemas.ts'

const usage = z.object({ trial: z.int(), purchased: z.int() })

const figures = {
  billed: usage.describe('Licenses used in the month that are on a bill: distinct devices.'),
  unbilled: usage.describe('Licenses used in the month so far that are on no bill yet.'),
  invoices: z
    .array(
      z.object({
        currency,
        invoiced: z.int().describe('In minor units.'),
        credited: z.int().describe('By credit notes for the month.'),
        total: z.int().describe('`invoiced` less `credited`.'),
      }),
    )
    .describe('One for each currency. An invoice counts for the month that it bills.'),
}

/** What an organization and all below it used in a month, and what they were invoiced. */
export const statement = z
  .object({
    organizationId: z.string(),
    month,
    totals: z.object(figures).describe('Over the organization and all below it, whatever the page holds.'),
    items: z
      .array(z.object({ id: z.string(), name: z.string(), ...figures }))
      .describe('The organizations with usage or invoices in the month, each before those below it.'),
    nextCursor: z.string().nullable().describe('Null on the last page.'),
  })
  .meta({ id: 'Statement' })
