import { z } from 'zod'
import { defineStep } from '../contract.ts'
import { toBillingSubscription } from './at-provider.ts'
import { accountSchema, subscriptionSchema } from './request-schema.ts'

/** Ends the subscription at the provider, last of all: until here the operation can be taken back whole. */
export const stopBilling = defineStep({
  operation: ['switch-billing', 'suspend-account', 'close-account'],
  id: 'stop-billing',
  version: 1,
  timeout: 30_000,
  title: 'Stop billing',
  after: ['adopt-new-adapter', 'suspend-organizations', 'close-organizations', 'report-usage'],
  placement: 'by-billing-adapter',
  appliesTo: ({ subscription }) => subscription !== null,
  input: accountSchema.extend({ subscription: subscriptionSchema }),
  output: z.object({}),
  undo: 'keep',
  preview: (_, { subscription }) => ({
    summary: `End the subscription at ${subscription?.billingAdapter}.`,
  }),

  async execute(context, { organizationId, subscription }) {
    const ids = toBillingSubscription(organizationId, subscription)
    await context.billing(subscription.billingAdapter).cancel(context, ids)
    return { output: {}, externalReference: ids.externalId }
  },

  // Ending what has ended is harmless.
  lookup: async () => ({ outcome: 'absent' }),
})
