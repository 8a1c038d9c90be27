import { z } from 'zod'
import { defineStep, keyed, stepError } from '../plugin-contract.ts'
import { newSubscriptionNotFound } from './errors.ts'
import { openAtNewAdapter } from './open-at-new-adapter.ts'

/** Checks that the new provider has the subscription, before the subscription at the old provider ends. */
export const verifyNewAdapter = defineStep({
  operation: 'switch-billing',
  id: 'verify-new-adapter',
  version: 1,
  title: 'Verify billing at the new provider',
  needs: [openAtNewAdapter],
  placement: 'by-billing-adapter',
  input: z.object({ billingAdapter: z.string() }),
  output: z.object({}),
  undo: 'keep',
  readOnly: true,
  preview: (_, { billingAdapter }) => ({ summary: `Check that ${billingAdapter} has the new subscription.` }),

  async execute(context, { billingAdapter, openedUnder, newSubscriptionExternalId }) {
    const call = keyed({ ...context, idempotencyKey: openedUnder }, 'subscription')
    const found = await context.billing(billingAdapter).find(call)
    if (found?.externalId === newSubscriptionExternalId) return { output: {} }
    throw stepError(newSubscriptionNotFound)
  },

  // The step only reads, so it can always run again.
  lookup: async () => ({ outcome: 'absent' }),
})
