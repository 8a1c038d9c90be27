import { z } from 'zod'
import { defineStep, keyed } from '../plugin-contract.ts'
import { checkBillingSwitch } from './check-billing-switch.ts'
import { toBillingPlan, toBillingSubscription } from './billing-terms.ts'
import { closeOrganizations, suspendOrganizations } from './deactivate.ts'
import { accountSchema, stoppedBilling, subscriptionSchema } from './plan-request-schema.ts'

/**
 * Ends the subscription at the provider. It is the last step, because an ended subscription cannot be opened again. Undoing opens
 * another subscription on the same terms, and the steps that are undone after it store its id.
 */
export const stopBilling = defineStep({
  operation: ['switch-billing', 'suspend-account', 'close-account'],
  id: 'stop-billing',
  version: 1,
  timeout: 30_000,
  title: 'Stop billing',
  after: ['activate-new-adapter', 'suspend-organizations', 'close-organizations', 'report-usage'],
  reads: [checkBillingSwitch, suspendOrganizations, closeOrganizations],
  placement: 'by-billing-adapter',
  appliesTo: ({ subscription }) => subscription !== null,
  input: accountSchema.extend({
    subscription: subscriptionSchema,
    // The output of the first step of each kind of run.
    trialDays: z.int().positive(),
  }),
  output: stoppedBilling.output,
  undo: 'undo',
  preview: (_, { subscription }) => ({
    summary: `End the subscription at ${subscription?.billingAdapter}.`,
  }),

  async execute(context, { organizationId, subscription }) {
    const ids = toBillingSubscription(organizationId, subscription)
    await context.billing(subscription.billingAdapter).cancel(context, ids)
    return { output: {}, externalReference: ids.externalId }
  },

  // `find` does not know `cancel`, and ending an ended subscription changes nothing.
  lookup: async () => ({ outcome: 'either', result: { output: {} } }),

  async compensate(context, { organizationId, subscription, trialDays }) {
    const adapter = context.billing(subscription.billingAdapter)
    const ids = toBillingSubscription(organizationId, subscription)
    // End the subscription again, because the outcome of the first call may be unknown.
    await adapter.cancel(keyed(context, 'end'), ids)
    const { externalId } = await adapter.ensureSubscription(keyed(context, 'again'), {
      customerExternalId: subscription.customerExternalId,
      organizationId,
      plan: toBillingPlan(subscription, trialDays),
    })
    return { reopenedExternalId: externalId }
  },
})
