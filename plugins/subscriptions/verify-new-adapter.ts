import { z } from 'zod'
import { defineStep, keyed, stepError } from '../plugin-contract.ts'
import { newSubscriptionNotFound } from './errors.ts'
import { openAtNewAdapter } from './open-at-new-adapter.ts'

/** Asks the new provider for what was opened there, before anything is closed at the old one. */
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
  preview: (_, { billingAdapter }) => ({ summary: `Ask ${billingAdapter} for the subscription it opened.` }),

  async execute(context, { billingAdapter, openedUnder, newSubscriptionExternalId }) {
    const call = keyed({ ...context, idempotencyKey: openedUnder }, 'subscription')
    const found = await context.billing(billingAdapter).find(call)
    if (found?.externalId === newSubscriptionExternalId) return { output: {} }
    throw stepError(newSubscriptionNotFound)
  },

  // It only reads: nothing of it can have happened halfway.
  lookup: async () => ({ outcome: 'absent' }),
})
