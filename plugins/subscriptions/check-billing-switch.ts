import { z } from 'zod'
import { findPlace } from '../../domain/organizations/organization-tree.ts'
import { defineStep } from '../plugin-contract.ts'
import { trialDaysLeft } from './at-provider.ts'
import { checkSubscription } from './check-subscription.ts'
import { accountSchema, subscriptionSchema } from './plan-request-schema.ts'

/** Looks again, when the run starts, at what may have changed since the switch was accepted. */
export const checkBillingSwitch = defineStep({
  operation: 'switch-billing',
  id: 'check-billing-switch',
  version: 1,
  title: 'Check the switch of billing',
  placement: 'transactional',
  input: accountSchema.extend({ subscription: subscriptionSchema }),
  output: z.object({ organizationName: z.string(), trialDays: z.int().positive() }),
  undo: 'keep',
  readOnly: true,
  preview: () => ({ summary: 'Check that the plan is still as you saw it.' }),

  async execute({ transaction, now }, { organizationId, subscription }) {
    await checkSubscription({ transaction }, organizationId, subscription)
    const organization = await findPlace(transaction, organizationId)
    const trialDays = trialDaysLeft([subscription], now)
    return { output: { organizationName: organization?.name ?? '', trialDays } }
  },
})
