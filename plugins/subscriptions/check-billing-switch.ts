import { z } from 'zod'
import { findPlace } from '../../domain/organizations/organization-tree.ts'
import { defineStep } from '../plugin-contract.ts'
import { trialDaysLeft } from './billing-terms.ts'
import { checkSubscription } from './check-subscription.ts'
import { accountSchema, subscriptionSchema } from './plan-request-schema.ts'

/** Checks again that the subscription is the one for which the switch was accepted. */
export const checkBillingSwitch = defineStep({
  operation: 'switch-billing',
  id: 'check-billing-switch',
  version: 1,
  title: 'Check the billing switch',
  placement: 'transactional',
  input: accountSchema.extend({ subscription: subscriptionSchema }),
  output: z.object({ organizationName: z.string(), trialDays: z.int().positive() }),
  undo: 'keep',
  readOnly: true,
  preview: () => ({ summary: 'Check that the plan has not changed since the request.' }),

  async execute({ transaction, now }, { organizationId, subscription }) {
    await checkSubscription({ transaction }, organizationId, subscription)
    const organization = await findPlace(transaction, organizationId)
    const trialDays = trialDaysLeft([subscription], now)
    return { output: { organizationName: organization?.name ?? '', trialDays } }
  },
})
