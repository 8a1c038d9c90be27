import { z } from 'zod'
import { defineStep } from '../contract.ts'
import { keyed, toBillingPlan, toBillingSubscription, trialDaysLeft } from './at-provider.ts'
import { checkBillingSwitch } from './check-billing-switch.ts'
import { accountSchema, subscriptionSchema } from './request-schema.ts'

/** Makes the account a customer of the new provider, on the plan it has. The old provider does not know yet. */
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
    const adapter = context.billing(billingAdapter)
    const customer = await adapter.ensureCustomer(keyed(context, 'customer'), {
      organizationId,
      name: organizationName,
    })
    const opened = await adapter.ensureSubscription(keyed(context, 'subscription'), {
      customerExternalId: customer.externalId,
      organizationId,
      plan: toBillingPlan(subscription, trialDays),
    })
    return result(customer.externalId, opened.externalId, context.idempotencyKey)
  },

  async lookup(context, { billingAdapter }) {
    const adapter = context.billing(billingAdapter)
    const customer = await adapter.find(keyed(context, 'customer'))
    const opened = await adapter.find(keyed(context, 'subscription'))
    // Only half of it arrived: doing it again is safe, because each call is idempotent by its key.
    if (customer === undefined || opened === undefined) return { outcome: 'absent' }
    return {
      outcome: 'happened',
      result: result(customer.externalId, opened.externalId, context.idempotencyKey),
    }
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

function result(newCustomerExternalId: string, newSubscriptionExternalId: string, openedUnder: string) {
  return {
    output: { newCustomerExternalId, newSubscriptionExternalId, openedUnder },
    externalReference: newSubscriptionExternalId,
  }
}
