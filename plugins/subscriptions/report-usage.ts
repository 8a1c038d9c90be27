import { z } from 'zod'
import { isOpen, recordBill } from '../../domain/billing/bills.ts'
import { takeDocument } from '../../domain/billing/take-document.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { inTransaction } from '../../domain/database/joined-transaction.ts'
import { defineStep, type Step, StepError, stepError } from '../plugin-contract.ts'
import { reportBill } from './billing-terms.ts'
import { billRefused } from './errors.ts'
import { billingInput, openBills } from './open-bills.ts'

/**
 * Reports the bills to the provider. A bill that two runs report is billed once: see `reportBill`. A bill that a person wrote off or handed over while the step was stuck is left out. Each answer is recorded at once, because the
 * provider may refuse the next bill. A cancel keeps what was recorded.
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
    output: z.object({ reported: z.array(z.string()) }),
    undo: 'keep',
    preview: (_, { subscription }) => ({
      summary: `Report the usage to ${subscription?.billingAdapter ?? 'no provider'}.`,
    }),

    async execute(context, { organizationId, subscription, bills }) {
      const { billingAdapter } = subscription
      const adapter = context.billing(billingAdapter)
      const { transaction } = context
      const reported: string[] = []
      for (const bill of bills) {
        const { id, month, usage } = bill
        if (!(await isOpen(transaction ?? db, id))) continue
        const { externalId, invoice } = await reportBill(adapter, context, {
          organizationId,
          subscription,
          bill,
        }).catch((error: unknown) => {
          throw asRefusal(error, { bill: id, month })
        })
        await inTransaction(db, transaction, async (within) => {
          await recordBill(within, { billId: id, externalReference: externalId })
          if (invoice === undefined) return
          const asked = { report: { month, usage } }
          // An invoice that does not fit is kept aside: the usage is billed all the same.
          await takeDocument(within, { billingAdapter, of: { organizationId }, document: invoice, asked })
        })
        reported.push(id)
      }
      return { output: { reported } }
    },

    // `execute` asks for each bill by itself, and a found report has its invoice. If the provider refuses a call after a lost answer, it
    // may still have the bill.
    lookup: async () => ({ outcome: 'either', result: { output: { reported: [] } } }),
  })
}

function asRefusal(error: unknown, bill: { bill: string; month: string }): unknown {
  if (!(error instanceof StepError) || error.class !== 'terminal') return error
  return stepError(billRefused, { parameters: { ...bill, code: error.code, reason: error.message } })
}
