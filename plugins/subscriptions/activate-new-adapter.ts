import { z } from 'zod'
import { replaceTerms } from '../../domain/plans/subscriptions.ts'
import { statusUnder } from '../../domain/plans/trials.ts'
import { defineStep } from '../plugin-contract.ts'
import { accountSchema, restoredTerms, stoppedBilling, subscriptionSchema } from './plan-request-schema.ts'
import { openAtNewAdapter } from './open-at-new-adapter.ts'
import { verifyNewAdapter } from './verify-new-adapter.ts'

/** Moves the account to the new billing provider, which bills the usage from now on. The old one bills the earlier usage. */
export const activateNewAdapter = defineStep({
  operation: 'switch-billing',
  id: 'activate-new-adapter',
  version: 1,
  title: 'Bill through the new provider',
  needs: [openAtNewAdapter, verifyNewAdapter],
  reads: [stoppedBilling],
  placement: 'transactional',
  input: accountSchema.extend({
    subscription: subscriptionSchema,
    billingAdapter: z.string(),
  }),
  output: z.object({}),
  undo: 'undo',
  preview: (_, { billingAdapter }) => ({ summary: `Bill through ${billingAdapter} from now on.` }),

  async execute({ transaction, now }, { organizationId, subscription, billingAdapter, ...opened }) {
    await replaceTerms(transaction, organizationId, {
      status: statusUnder(subscription, now),
      terms: {
        ...subscription,
        billingAdapter,
        customerExternalId: opened.newCustomerExternalId,
        subscriptionExternalId: opened.newSubscriptionExternalId,
      },
    })
    return { output: {} }
  },

  async compensate({ transaction, now }, { organizationId, subscription, reopenedExternalId }) {
    await replaceTerms(transaction, organizationId, {
      status: statusUnder(subscription, now),
      terms: restoredTerms(subscription, reopenedExternalId),
    })
  },
})
