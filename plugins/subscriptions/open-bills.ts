import { z } from 'zod'
import { findOpenBills, openBill } from '../../domain/billing/bills.ts'
import { monthOf, previousMonth } from '../../domain/billing/months.ts'
import { defineStep } from '../plugin-contract.ts'
import { accountSchema, subscriptionAtProviderSchema } from './plan-request-schema.ts'

/** The fields of the request that the steps of billing read. */
export const billingInput = accountSchema.extend({
  subscription: subscriptionAtProviderSchema,
  // The month to bill. Without it the subscription ends, and all usage that was not billed is billed.
  month: z.string().optional(),
})

/**
 * Opens a bill for each month: counts the devices that used a license and are on no bill, and assigns each to the bill. The output
 * also has the open bills of earlier runs. A cancel keeps the bills, because the provider may have one already. What is used after
 * a cancelled suspension or switch is on the next bill of the month.
 */
export const openBills = defineStep({
  operation: ['bill-account', 'switch-billing', 'suspend-account', 'close-account'],
  id: 'open-bills',
  version: 1,
  title: 'Count the licenses used',
  after: ['activate-new-adapter', 'suspend-organizations', 'close-organizations'],
  placement: 'transactional',
  appliesTo: ({ subscription }) => subscription !== null,
  input: billingInput,
  output: z.object({
    bills: z.array(
      z.object({
        id: z.string(),
        month: z.string(),
        usage: z.object({ trial: z.int(), purchased: z.int(), converted: z.int() }),
      }),
    ),
  }),
  undo: 'keep',
  preview: () => ({ summary: 'Count the devices that used a license and have not been billed.' }),

  async execute({ transaction, now }, { organizationId, subscription, month }) {
    const bill = { organizationId, subscription }
    if (month === undefined) {
      const thisMonth = monthOf(now)
      for (const each of [previousMonth(thisMonth), thisMonth])
        await openBill(transaction, { ...bill, month: each }, { final: true })
    } else {
      await openBill(transaction, { ...bill, month })
    }
    return { output: { bills: await findOpenBills(transaction, { ...bill, month }) } }
  },
})
