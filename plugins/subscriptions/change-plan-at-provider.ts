import { z } from 'zod'
import { lockSubscription, replaceTerms } from '../../domain/plans/subscriptions.ts'
import { defineStep } from '../plugin-contract.ts'
import {
  findSubscription,
  subscriptionResult,
  toBillingPlan,
  toBillingSubscription,
  trialDaysLeft,
} from './billing-terms.ts'
import { checkPlanChange } from './check-plan-change.ts'
import { accountSchema, planTermsSchema, subscriptionSchema } from './plan-request-schema.ts'

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
    return subscriptionResult(externalId)
  },

  lookup: (context, { subscription }) => findSubscription(context, subscription),

  async compensate(context, { organizationId, subscription, to, trialDays }, { subscriptionExternalId }) {
    const { externalId } = await context.billing(subscription.billingAdapter).changePlan(context, {
      subscription: toBillingSubscription(organizationId, { ...subscription, subscriptionExternalId }),
      from: toBillingPlan(to, trialDays),
      to: toBillingPlan(subscription, trialDays),
    })
    return { subscriptionExternalId: externalId }
  },

  // The subscription has another id when the provider answers a plan change with one.
  async unrecord({ transaction }, { organizationId }, { subscriptionExternalId }) {
    const found = await lockSubscription(transaction, organizationId)
    if (found === undefined || found.terms.subscriptionExternalId === subscriptionExternalId) return
    const { status, terms } = found
    await replaceTerms(transaction, organizationId, { status, terms: { ...terms, subscriptionExternalId } })
  },
})
