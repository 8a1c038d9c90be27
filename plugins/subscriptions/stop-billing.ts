import { z } from 'zod'
import { defineStep, keyed } from '../plugin-contract.ts'
import { toBillingPlan, toBillingSubscription } from './at-provider.ts'
import { accountSchema, subscriptionSchema } from './plan-request-schema.ts'

/**
 * Ends the subscription at the provider, last of all. What has ended does not come back, so undoing opens another one like
 * it, and the steps that are undone after this put it in the place of the first.
 */
export const stopBilling = defineStep({
  operation: ['switch-billing', 'suspend-account', 'close-account'],
  id: 'stop-billing',
  version: 1,
  timeout: 30_000,
  title: 'Stop billing',
  after: ['activate-new-adapter', 'suspend-organizations', 'close-organizations', 'report-usage'],
  placement: 'by-billing-adapter',
  appliesTo: ({ subscription }) => subscription !== null,
  input: accountSchema.extend({
    subscription: subscriptionSchema,
    // Of the first step of each kind of run.
    trialDays: z.int().positive(),
  }),
  output: z.object({ reopenedExternalId: z.string().exactOptional() }),
  undo: 'undo',
  preview: (_, { subscription }) => ({
    summary: `End the subscription at ${subscription?.billingAdapter}.`,
  }),

  async execute(context, { organizationId, subscription }) {
    const ids = toBillingSubscription(organizationId, subscription)
    await context.billing(subscription.billingAdapter).cancel(context, ids)
    return { output: {}, externalReference: ids.externalId }
  },

  // A provider does not say whether it has ended. Ending what has ended is harmless.
  lookup: async () => ({ outcome: 'either', result: { output: {} } }),

  async compensate(context, { organizationId, subscription, trialDays }) {
    const adapter = context.billing(subscription.billingAdapter)
    const ids = toBillingSubscription(organizationId, subscription)
    // If it is not known whether it has ended, it is now.
    await adapter.cancel(keyed(context, 'end'), ids)
    const { externalId } = await adapter.ensureSubscription(keyed(context, 'again'), {
      customerExternalId: subscription.customerExternalId,
      organizationId,
      plan: toBillingPlan(subscription, trialDays),
    })
    return { reopenedExternalId: externalId }
  },
})
