import { z } from 'zod'
import { findTrialBefore } from '../../domain/plans/trials.ts'
import { defineStep } from '../plugin-contract.ts'
import { trialDaysLeft } from './at-provider.ts'
import { checkSubscription } from './check-subscription.ts'
import { refusal } from './refusal.ts'
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
      if (outcome === 'invoiced')
        throw refusal('plan_invoiced', 'The purchased plan was billed already, so there is no way back.')
    }
    return { output: { trialDays: trialDaysLeft([subscription, to], now) } }
  },
})
