import { z } from 'zod'
import { planInvoiced } from '../../domain/plans/plan-errors.ts'
import { findTrialBefore } from '../../domain/plans/trials.ts'
import { defineStep, stepError } from '../plugin-contract.ts'
import { trialDaysLeft } from './at-provider.ts'
import { checkSubscription } from './check-subscription.ts'
import { accountSchema, planTermsSchema, subscriptionSchema } from './plan-request-schema.ts'

/** Looks again, when the run starts, at what may have changed since the change was accepted. */
export const checkPlanChange = defineStep({
  operation: 'change-plan',
  id: 'check-plan-change',
  version: 1,
  title: 'Check the change of plan',
  placement: 'transactional',
  input: accountSchema.extend({ subscription: subscriptionSchema, to: planTermsSchema }),
  output: z.object({ trialDays: z.int().positive() }),
  undo: 'keep',
  readOnly: true,
  preview: () => ({ summary: 'Check that the plan is still as you saw it.' }),

  async execute({ transaction, now }, { organizationId, subscription, to }) {
    await checkSubscription({ transaction }, organizationId, subscription)
    if (to.kind === 'trial' && subscription.kind === 'purchased') {
      const { outcome } = await findTrialBefore(transaction, organizationId)
      if (outcome === 'invoiced') throw stepError(planInvoiced)
    }
    return { output: { trialDays: trialDaysLeft([subscription, to], now) } }
  },
})
