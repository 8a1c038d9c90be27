import { z } from 'zod'
import {
  defineStep,
  findOpenedSubscription,
  type OpenedSubscription,
  openSubscription,
} from '../plugin-contract.ts'
import { toBillingPlan, toBillingSubscription, trialDaysLeft } from './billing-terms.ts'
import { checkBillingSwitch } from './check-billing-switch.ts'
import { accountSchema, subscriptionSchema } from './plan-request-schema.ts'

/** Subscribes the account to its plan at the new provider. The subscription at the old provider stays as it is. */
export const openAtNewAdapter = defineStep({
  operation: 'switch-billing',
  id: 'open-at-new-adapter',
  version: 1,
  timeout: 30_000,
  title: 'Open billing at the new provider',
  needs: [checkBillingSwitch],
  placement: 'by-billing-adapter',
  input: accountSchema.extend({ subscription: subscriptionSchema, billingAdapter: z.string() }),
  output: z.object({
    newCustomerExternalId: z.string(),
    newSubscriptionExternalId: z.string(),
    openedUnder: z.string(),
  }),
  undo: 'undo',
  preview: (providers, { subscription, billingAdapter }) => {
    const { summary } = providers
      .billing(billingAdapter)
      .preview(toBillingPlan(subscription, trialDaysLeft([subscription], new Date())))
    return { summary: `At ${billingAdapter}: ${summary}` }
  },

  async execute(context, { organizationId, organizationName, trialDays, subscription, billingAdapter }) {
    const opened = await openSubscription(context.billing(billingAdapter), context, {
      organizationId,
      name: organizationName,
      plan: toBillingPlan(subscription, trialDays),
    })
    return result(opened, context.idempotencyKey)
  },

  async lookup(context, { billingAdapter }) {
    const opened = await findOpenedSubscription(context.billing(billingAdapter), context)
    if (opened === undefined) return { outcome: 'absent' }
    return { outcome: 'happened', result: result(opened, context.idempotencyKey) }
  },

  async compensate(context, { organizationId, billingAdapter }, opened) {
    await context.billing(billingAdapter).cancel(
      context,
      toBillingSubscription(organizationId, {
        customerExternalId: opened.newCustomerExternalId,
        subscriptionExternalId: opened.newSubscriptionExternalId,
      }),
    )
  },
})

function result({ customerExternalId, subscriptionExternalId }: OpenedSubscription, openedUnder: string) {
  return {
    output: {
      newCustomerExternalId: customerExternalId,
      newSubscriptionExternalId: subscriptionExternalId,
      openedUnder,
    },
    externalReference: subscriptionExternalId,
  }
}
