import { z } from 'zod'
import { openBill, recordBill } from '../../domain/billing/bills.ts'
import { insertInvoice } from '../../domain/billing/invoices.ts'
import { monthOf, previousMonth } from '../../domain/billing/months.ts'
import { defineStep } from '../plugin-contract.ts'
import { toBillingSubscription } from './at-provider.ts'
import { invoiceSchema, type StoredInvoice, toIssuedInvoice, toStoredInvoice } from './invoice-schema.ts'
import { accountSchema, subscriptionAtProviderSchema } from './plan-request-schema.ts'

const input = accountSchema.extend({
  subscription: subscriptionAtProviderSchema,
  // Only when one month is billed. Else the subscription has ended, and all that it was used for is.
  month: z.string().optional(),
})

/**
 * Counts what was used, and claims each counted device, so that what the provider is told is what is on record. A bill that
 * was opened stays when the run is cancelled: its provider may know of it, and the next try has to use the same one.
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
  preview: () => ({ summary: 'Count the devices that used a license and were not billed yet.' }),

  async execute({ transaction, now }, { organizationId, subscription, month }) {
    const thisMonth = monthOf(now)
    const months = month === undefined ? [previousMonth(thisMonth), thisMonth] : [month]
    const bills: { billId: string; month: string; usage: { trial: number; purchased: number } }[] = []
    for (const one of months) {
      const bill = await openBill(transaction, { organizationId, month: one, subscription })
      if (bill !== undefined && bill.externalReference === null)
        bills.push({ billId: bill.id, month: one, usage: bill.usage })
    }
    return { output: { bills } }
  },
})

/** Tells the provider what was used. The key is the bill's own: whoever reports it, and however often, it is billed once. */
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
    summary: `Bill it through ${subscription?.billingAdapter ?? 'nobody'}.`,
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

  // Reporting again under the same key is safe, and answers with the invoice, which asking would not.
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
