import { z } from 'zod'
import { openBill, recordBill } from '../../domain/billing/bills.ts'
import { insertInvoice } from '../../domain/billing/invoices.ts'
import { monthOf, previousMonth } from '../../domain/billing/months.ts'
import { defineStep } from '../plugin-contract.ts'
import { toBillingSubscription } from './billing-terms.ts'
import { invoiceSchema, type StoredInvoice, toIssuedInvoice, toStoredInvoice } from './invoice-schema.ts'
import { accountSchema, subscriptionAtProviderSchema } from './plan-request-schema.ts'

const input = accountSchema.extend({
  subscription: subscriptionAtProviderSchema,
  // The month to bill. Without it the subscription ends, and all usage that was not billed is billed.
  month: z.string().optional(),
})

/**
 * Opens a bill for each month: counts the devices that used a license, and assigns each to the bill. A cancel keeps the bills,
 * because the provider may have one already, and the next run must report the same numbers.
 */
export const openBills = defineStep({
  operation: ['bill-account', 'switch-billing', 'suspend-account', 'close-account'],
  id: 'open-bills',
  version: 1,
  title: 'Count the licenses used',
  after: ['activate-new-adapter', 'suspend-organizations', 'close-organizations'],
  placement: 'transactional',
  appliesTo: ({ subscription }) => subscription !== null,
  input,
  output: z.object({
    bills: z.array(
      z.object({
        billId: z.string(),
        month: z.string(),
        usage: z.object({ trial: z.int(), purchased: z.int() }),
      }),
    ),
  }),
  undo: 'keep',
  preview: () => ({ summary: 'Count the devices that used a license and have not been billed.' }),

  async execute({ transaction, now }, { organizationId, subscription, month }) {
    const thisMonth = monthOf(now)
    const months = month === undefined ? [previousMonth(thisMonth), thisMonth] : [month]
    const bills: { billId: string; month: string; usage: { trial: number; purchased: number } }[] = []
    for (const billedMonth of months) {
      const bill = await openBill(transaction, { organizationId, month: billedMonth, subscription })
      if (bill !== undefined && bill.externalReference === null)
        bills.push({ billId: bill.id, month: billedMonth, usage: bill.usage })
    }
    return { output: { bills } }
  },
})

/** Reports the bills to the provider. The idempotency key is the id of the bill, so a bill that two runs report is billed once. */
export const reportUsage = defineStep({
  operation: ['bill-account', 'switch-billing', 'suspend-account', 'close-account'],
  id: 'report-usage',
  version: 1,
  timeout: 30_000,
  title: 'Report the usage to the billing provider',
  needs: [openBills],
  placement: 'by-billing-adapter',
  input,
  output: z.object({
    reported: z.array(
      z.object({ billId: z.string(), externalReference: z.string(), invoice: invoiceSchema.optional() }),
    ),
  }),
  undo: 'keep',
  preview: (_, { subscription }) => ({
    summary: `Report the usage to ${subscription?.billingAdapter ?? 'no provider'}.`,
  }),

  async execute(context, { organizationId, subscription, bills }) {
    const adapter = context.billing(subscription.billingAdapter)
    const reported: { billId: string; externalReference: string; invoice?: StoredInvoice }[] = []
    for (const { billId, month, usage } of bills) {
      const { externalId, invoice } = await adapter.reportUsage(
        { ...context, idempotencyKey: billId },
        { subscription: toBillingSubscription(organizationId, subscription), month, usage },
      )
      reported.push({
        billId,
        externalReference: externalId,
        ...(invoice === undefined ? {} : { invoice: toStoredInvoice(invoice) }),
      })
    }
    return { output: { reported } }
  },

  // Report again instead of asking: it is safe under the same key, and it returns the invoice.
  lookup: async () => ({ outcome: 'absent' }),

  async record({ transaction }, { organizationId, subscription }, { reported }) {
    for (const { billId, externalReference, invoice } of reported) {
      await recordBill(transaction, { billId, externalReference })
      if (invoice === undefined) continue
      const { billingAdapter } = subscription
      await insertInvoice(transaction, { organizationId, billingAdapter, invoice: toIssuedInvoice(invoice) })
    }
  },
})
