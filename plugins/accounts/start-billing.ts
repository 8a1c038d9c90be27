import { z } from 'zod'
import { deleteSubscription, insertSubscription } from '../../domain/plans/subscriptions.ts'
import {
  defineStep,
  findOpenedSubscription,
  type OpenedSubscription,
  openSubscription,
} from '../plugin-contract.ts'
import { createOrganization } from './create-organization.ts'
import { companySchema, planSchema } from './account-request-schema.ts'
import { refuseRemoval } from './refuse-removal.ts'
import { requireActive } from './require-active.ts'

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

/** Creates a customer for the account at its billing provider, and subscribes the customer to the plan. */
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
    const opened = await openSubscription(context.billing(plan.billingAdapter), context, {
      organizationId,
      name: company.name,
      plan,
    })
    return result(plan, context.now, opened)
  },

  async lookup(context, { plan }) {
    const opened = await findOpenedSubscription(context.billing(plan.billingAdapter), context)
    if (opened === undefined) return { outcome: 'absent' }
    return { outcome: 'happened', result: result(plan, context.now, opened) }
  },

  async record({ transaction }, { organizationId, plan }, done) {
    await requireActive({ transaction }, organizationId)
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

  async unrecord({ transaction }, { organizationId }, { subscriptionExternalId }) {
    // The account may have changed after its licenses were removed.
    await refuseRemoval({ transaction }, organizationId, subscriptionExternalId)
    await deleteSubscription(transaction, organizationId)
  },
})

function result(plan: Plan, now: Date, opened: OpenedSubscription) {
  const trialEndsAt =
    plan.kind === 'trial' ? new Date(now.getTime() + plan.trialDays * millisecondsPerDay).toISOString() : null
  return {
    output: { ...opened, trialEndsAt },
    externalReference: opened.subscriptionExternalId,
  }
}
