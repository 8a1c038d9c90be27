import { z } from 'zod'
import { limitBelowAssigned } from '../../domain/licenses/license-errors.ts'
import { setAllocated } from '../../domain/licenses/license-pools.ts'
import { replaceTerms } from '../../domain/plans/subscriptions.ts'
import { statusUnder } from '../../domain/plans/trials.ts'
import { defineStep, type InTransaction, type PlanTerms, stepError } from '../plugin-contract.ts'
import { changePlanAtProvider } from './change-plan-at-provider.ts'
import { accountSchema, planTermsSchema, subscriptionSchema } from './plan-request-schema.ts'

export const applyPlan = defineStep({
  operation: 'change-plan',
  id: 'apply-plan',
  version: 1,
  title: 'Apply the plan',
  needs: [changePlanAtProvider],
  placement: 'transactional',
  input: accountSchema.extend({ subscription: subscriptionSchema, to: planTermsSchema }),
  output: z.object({}),
  undo: 'undo',
  preview: (_, { to }) => ({
    summary:
      to.licenses === null
        ? 'Remove the limit on licenses.'
        : `Set the number of licenses to ${to.licenses}.`,
  }),

  async execute({ transaction, now }, { organizationId, subscription, subscriptionExternalId, to }) {
    await allocate({ transaction }, organizationId, to)
    await replaceTerms(transaction, organizationId, {
      status: statusUnder(to, now),
      terms: { ...subscription, ...to, subscriptionExternalId },
    })
    return { output: {} }
  },

  async compensate({ transaction, now }, { organizationId, subscription }) {
    await allocate({ transaction }, organizationId, subscription)
    const status = statusUnder(subscription, now)
    await replaceTerms(transaction, organizationId, { status, terms: subscription })
  },
})

async function allocate(
  { transaction }: InTransaction,
  organizationId: string,
  { licenses }: PlanTerms,
): Promise<void> {
  const set = await setAllocated(transaction, { organizationId, allocated: licenses })
  if (set.changed) return
  const parameters = { assigned: set.assigned, licenses: licenses ?? 0 }
  throw stepError(limitBelowAssigned, { parameters })
}
