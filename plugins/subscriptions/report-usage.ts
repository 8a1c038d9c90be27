import { z } from 'zod'
import { isOpen, recordBill } from '../../domain/billing/bills.ts'
import { takeDocument } from '../../domain/billing/take-document.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { defineStep, type Step } from '../plugin-contract.ts'
import { toBillingSubscription } from './billing-terms.ts'
import { invoiceSchema, type StoredInvoice, toIssuedInvoice, toStoredInvoice } from './invoice-schema.ts'
import { billingInput, openBills } from './open-bills.ts'

const output = z.object({
  reported: z.array(
    z.object({ billId: z.string(), externalReference: z.string(), invoice: invoiceSchema.optional() }),
  ),
})

/**
 * Reports the bills to the provider. The idempotency key is the id of the bill, so a bill that two runs report is billed once. A
 * bill that a person wrote off or handed over while the step was stuck is left out.
 */
export function reportUsage({ db }: { db: DatabaseConnection }): Step {
  return defineStep({
    operation: ['bill-account', 'switch-billing', 'suspend-account', 'close-account'],
    id: 'report-usage',
    version: 1,
    timeout: 30_000,
    title: 'Report the usage to the billing provider',
    needs: [openBills],
    placement: 'by-billing-adapter',
    input: billingInput,
    output,
    undo: 'keep',
    preview: (_, { subscription }) => ({
      summary: `Report the usage to ${subscription?.billingAdapter ?? 'no provider'}.`,
    }),

    async execute(context, { organizationId, subscription: ids, bills }) {
      const adapter = context.billing(ids.billingAdapter)
      const subscription = toBillingSubscription(organizationId, ids)
      const reported: { billId: string; externalReference: string; invoice?: StoredInvoice }[] = []
      for (const { id, month, usage } of bills) {
        if (!(await isOpen(context.transaction ?? db, id))) continue
        const { converted, ...added } = usage
        const { externalId, invoice } = await adapter.reportUsage(
          { ...context, idempotencyKey: id },
          { subscription, month, usage: added, converted },
        )
        reported.push({
          billId: id,
          externalReference: externalId,
          ...(invoice === undefined ? {} : { invoice: toStoredInvoice(invoice) }),
        })
      }
      return { output: { reported } }
    },

    // `execute` asks for each bill by itself, and a found report has its invoice.
    lookup: async () => ({ outcome: 'absent' }),

    // An invoice that does not fit is kept aside: the usage is billed all the same.
    async record({ transaction }, { organizationId, subscription, bills }, { reported }) {
      for (const { billId, externalReference, invoice } of reported) {
        await recordBill(transaction, { billId, externalReference })
        const report = bills.find(({ id }) => id === billId)
        if (invoice === undefined || report === undefined) continue
        await takeDocument(transaction, {
          billingAdapter: subscription.billingAdapter,
          of: { organizationId },
          document: toIssuedInvoice(invoice),
          asked: { report },
        })
      }
    },
  })
}
