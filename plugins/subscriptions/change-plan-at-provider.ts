import { z } from 'zod'
import { defineStep } from '../plugin-contract.ts'
import { toBillingPlan, toBillingSubscription, trialDaysLeft } from './billing-terms.ts'
import { checkPlanChange } from './check-plan-change.ts'
import { accountSchema, planTermsSchema, subscriptionSchema } from './plan-request-schema.ts'

/** Changes the plan of the subscription at the billing provider of the account. */
export const changePlanAtProvider = defineStep({
  operation: 'change-plan',
  id: 'change-plan-at-provider',
  version: 1,
  timeout: 30_000,
  title: 'Change the plan at the billing provider',
  needs: [checkPlanChange],
  placement: 'by-billing-adapter',
  input: accountSchema.extend({ subscription: subscriptionSchema, to: planTermsSchema }),
  output: z.object({ subscriptionExternalId: z.string() }),
  undo: 'undo',
  preview: (providers, { subscription, to }) => {
    const adapter = providers.billing(subscription.billingAdapter)
    const { summary, details } = adapter.preview(toBillingPlan(to, trialDaysLeft([to], new Date())))
    return { summary: `At ${adapter.id}: ${summary}`, ...(details === undefined ? {} : { details }) }
  },

  async execute(context, { organizationId, subscription, to, trialDays }) {
    const { externalId } = await context.billing(subscription.billingAdapter).changePlan(context, {
      subscription: toBillingSubscription(organizationId, subscription),
      from: toBillingPlan(subscription, trialDays),
      to: toBillingPlan(to, trialDays),
    })
    return result(externalId)
  },

  async lookup(context, { subscription }) {
    const found = await context.billing(subscription.billingAdapter).find(context)
    return found === undefined
      ? { outcome: 'absent' }
      : { outcome: 'happened', result: result(found.externalId) }
  },

  async compensate(context, { organizationId, subscription, to, trialDays }, { subscriptionExternalId }) {
    await context.billing(subscription.billingAdapter).changePlan(context, {
      subscription: toBillingSubscription(organizationId, { ...subscription, subscriptionExternalId }),
      from: toBillingPlan(to, trialDays),
      to: toBillingPlan(subscription, trialDays),
    })
  },
})

function result(subscriptionExternalId: string) {
  return { output: { subscriptionExternalId }, externalReference: subscriptionExternalId }
}
