import { z } from 'zod'
import { deleteSubscription, insertSubscription } from '../../domain/subscriptions.ts'
import { type BillingCall, defineStep, type Providers } from '../contract.ts'
import { createOrganization } from './create-organization.ts'
import { companySchema, planSchema } from './request-schema.ts'

const input = z.object({
  company: companySchema.pick({ name: true }),
  plan: planSchema,
})
const output = z.object({
  customerExternalId: z.string(),
  subscriptionExternalId: z.string(),
  trialEndsAt: z.iso.datetime().nullable(),
})
type Plan = z.infer<typeof planSchema>

const millisecondsPerDay = 24 * 60 * 60 * 1000

/** Makes the account a customer of its billing provider and subscribes it to its plan. */
export const startBilling = defineStep({
  id: 'start-billing',
  version: 1,
  title: 'Start billing',
  needs: [createOrganization],
  placement: 'by-billing-adapter',
  appliesTo: (request) => request.plan !== undefined,
  input,
  output,
  undo: 'undo',
  preview: (providers, { plan }) =>
    plan === undefined ? { summary: 'No plan.' } : providers.billing(plan.billingAdapter).preview(plan),

  async execute(context, { organizationId, company, plan }) {
    const adapter = context.billing(plan.billingAdapter)
    const customer = await adapter.ensureCustomer(call(context, 'customer'), {
      organizationId,
      name: company.name,
    })
    const subscription = await adapter.ensureSubscription(call(context, 'subscription'), {
      customerExternalId: customer.externalId,
      organizationId,
      plan,
    })
    return result(plan, context.now, customer.externalId, subscription.externalId)
  },

  async lookup(context, { plan }) {
    const adapter = context.billing(plan.billingAdapter)
    const customer = await adapter.find(call(context, 'customer'))
    const subscription = await adapter.find(call(context, 'subscription'))
    // Only half of it arrived: doing it again is safe, because each call is idempotent by its key.
    if (customer === undefined || subscription === undefined) return { outcome: 'absent' }
    return {
      outcome: 'happened',
      result: result(plan, context.now, customer.externalId, subscription.externalId),
    }
  },

  async record({ transaction }, { organizationId, plan }, done) {
    await insertSubscription(transaction, organizationId, {
      kind: plan.kind,
      licenses: plan.licenses ?? null,
      billingAdapter: plan.billingAdapter,
      ...done,
    })
  },

  async compensate(context, { organizationId, plan }, { customerExternalId, subscriptionExternalId }) {
    await context.billing(plan.billingAdapter).cancel(context, {
      organizationId,
      customerExternalId,
      externalId: subscriptionExternalId,
    })
  },

  async unrecord({ transaction }, { organizationId }) {
    await deleteSubscription(transaction, organizationId)
  },
})

/** One step makes two calls, and each has a key of its own. */
function call(context: BillingCall & Providers, name: string): BillingCall {
  return { ...context, idempotencyKey: `${context.idempotencyKey}:${name}` }
}

function result(plan: Plan, now: Date, customerExternalId: string, subscriptionExternalId: string) {
  const trialEndsAt =
    plan.kind === 'trial' ? new Date(now.getTime() + plan.trialDays * millisecondsPerDay).toISOString() : null
  return {
    output: { customerExternalId, subscriptionExternalId, trialEndsAt },
    externalReference: subscriptionExternalId,
  }
}
