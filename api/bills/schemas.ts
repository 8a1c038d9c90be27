import { z } from 'zod'
import { listOf, pageQuery } from '../http/list-schema.ts'
import { nullableText, text } from '../http/text-schema.ts'
import { month } from '../invoices/schemas.ts'

const status = z
  .enum(['open', 'billed', 'written_off', 'handed_over'])
  .describe(
    '`open`: to be reported to the provider. `billed`: reported. `written_off`: its devices are not billed. `handed_over`: the ' +
      'bill `successorId` has its devices.',
  )

export const bill = z
  .object({
    id: z.string(),
    organizationId: z.string(),
    month,
    billingAdapter: z.string().describe('The billing adapter that the bill is for.'),
    subscriptionExternalId: z.string().describe('The id of the subscription at the billing provider.'),
    usage: z.object({
      trial: z.int().describe('The devices that count as trial.'),
      purchased: z.int().describe('The devices that count as purchased.'),
      converted: z
        .int()
        .describe('The devices among `purchased` that an earlier bill of the month has as trial.'),
    }),
    status,
    externalReference: nullableText(
      'The id of the reported usage at the provider. Null until it is reported.',
    ),
    resolvedBy: nullableText('Who wrote the bill off or handed it over. Null for other bills.'),
    reason: nullableText('Why the bill was written off or handed over. Null for other bills.'),
    successorId: nullableText('The id of the bill that has its devices now. Null unless it was handed over.'),
    operationId: nullableText('The newest open operation that reports the bill. Null without one.'),
    openedAt: z.iso.datetime(),
    closedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Bill' })

export type BillView = z.output<typeof bill>

export const billList = listOf(bill)

export const billQuery = z.strictObject({ status: status.optional(), ...pageQuery })

export const resolutionBody = z.strictObject({
  reason: text(500).describe('The reason, for the activity of the organization.'),
  notReported: z
    .boolean()
    .default(false)
    .describe(
      'True when you have checked that the provider does not have the bill, although an answer of it was lost. Default: false.',
    ),
})

export const billExamples = {
  writeOff: { reason: 'The provider deleted the customer.' },
  handOver: { reason: 'The account is billed by another provider now.' },
}
