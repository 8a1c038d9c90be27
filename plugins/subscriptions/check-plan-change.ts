import { z } from 'zod'
import { planInvoiced } from '../../domain/plans/plan-errors.ts'
import { findTrialBefore } from '../../domain/plans/trials.ts'
import { defineStep, stepError } from '../plugin-contract.ts'
import { trialDaysLeft } from './billing-terms.ts'
import { checkSubscription } from './check-subscription.ts'
import { accountSchema, planTermsSchema, subscriptionSchema } from './plan-request-schema.ts'

/** Checks again that the plan can change, because the subscription can change after the request was accepted. */
export const checkPlanChange = defineStep({
  operation: 'change-plan',
  id: 'check-plan-change',
  version: 1,
  title: 'Check the plan change',
  placement: 'transactional',
  input: accountSchema.extend({ subscription: subscriptionSchema, to: planTermsSchema }),
  output: z.object({ trialDays: z.int().positive() }),
  undo: 'keep',
  readOnly: true,
  preview: () => ({ summary: 'Check that the plan has not changed since the request.' }),

  async execute({ transaction, now }, { organizationId, subscription, to }) {
    await checkSubscription({ transaction }, organizationId, subscription)
    if (to.kind === 'trial' && subscription.kind === 'purchased') {
      const { outcome } = await findTrialBefore(transaction, organizationId)
      if (outcome === 'invoiced') throw stepError(planInvoiced)
    }
    return { output: { trialDays: trialDaysLeft([subscription, to], now) } }
  },
})
