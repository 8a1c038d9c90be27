import { z } from 'zod'
import { deactivate, reactivate } from '../../domain/organizations/standing.ts'
import { parentNotActive } from '../../domain/organizations/organization-errors.ts'
import { findPlace } from '../../domain/organizations/organization-tree.ts'
import { findParentStatus } from '../../domain/organizations/read-organizations.ts'
import { replaceTerms, stopSubscription } from '../../domain/plans/subscriptions.ts'
import { statusUnder } from '../../domain/plans/trials.ts'
import { defineStep, stepError } from '../plugin-contract.ts'
import {
  findSubscription,
  subscriptionResult,
  toBillingPlan,
  toBillingSubscription,
  trialDaysLeft,
} from './billing-terms.ts'
import { accountIsActive, accountNotFound } from './errors.ts'
import { accountSchema, subscriptionSchema } from './plan-request-schema.ts'

export const checkRestore = defineStep({
  operation: 'restore-account',
  id: 'check-restore',
  version: 1,
  title: 'Check that the account can be restored',
  placement: 'transactional',
  input: accountSchema.extend({ subscription: subscriptionSchema.nullable() }),
  output: z.object({ statusBefore: z.enum(['suspended', 'closed']), trialDays: z.int().positive() }),
  undo: 'keep',
  readOnly: true,
  preview: () => ({
    summary: 'Check that the account is suspended or closed, and that its parent is active.',
  }),

  async execute({ transaction, now }, { organizationId, subscription }) {
    const place = await findPlace(transaction, organizationId)
    if (place === undefined) throw stepError(accountNotFound)
    if (place.status === 'active') throw stepError(accountIsActive)
    const parentStatus = await findParentStatus(transaction, organizationId)
    if (parentStatus !== 'active') throw stepError(parentNotActive, { parameters: { status: parentStatus } })
    const trialDays = trialDaysLeft(subscription === null ? [] : [subscription], now)
    return { output: { statusBefore: place.status, trialDays } }
  },
})

/** Subscribes the account again on its former terms. The time of a trial went on, so the trial may have ended. */
export const reopenBilling = defineStep({
  operation: 'restore-account',
  id: 'reopen-billing',
  version: 1,
  timeout: 30_000,
  title: 'Start billing again',
  needs: [checkRestore],
  placement: 'by-billing-adapter',
  appliesTo: ({ subscription }) => subscription !== null,
  input: accountSchema.extend({ subscription: subscriptionSchema }),
  output: z.object({ subscriptionExternalId: z.string() }),
  undo: 'undo',
  preview: (providers, { subscription }) =>
    subscription === null
      ? { summary: 'No plan.' }
      : providers
          .billing(subscription.billingAdapter)
          .preview(toBillingPlan(subscription, trialDaysLeft([subscription], new Date()))),

  async execute(context, { organizationId, subscription, trialDays }) {
    const { externalId } = await context.billing(subscription.billingAdapter).ensureSubscription(context, {
      customerExternalId: subscription.customerExternalId,
      organizationId,
      plan: toBillingPlan(subscription, trialDays),
    })
    return subscriptionResult(externalId)
  },

  lookup: (context, { subscription }) => findSubscription(context, subscription),

  async compensate(context, { organizationId, subscription }, { subscriptionExternalId }) {
    const ids = toBillingSubscription(organizationId, { ...subscription, subscriptionExternalId })
    await context.billing(subscription.billingAdapter).cancel(context, ids)
  },
})

export const restoreOrganizations = defineStep({
  operation: 'restore-account',
  id: 'restore-organizations',
  version: 1,
  title: 'Restore the organization and its units',
  needs: [checkRestore],
  after: ['reopen-billing'],
  placement: 'transactional',
  input: accountSchema.extend({
    subscription: subscriptionSchema.nullable(),
    // The output of `reopen-billing`, if the account is billed.
    subscriptionExternalId: z.string().optional(),
  }),
  output: z.object({}),
  undo: 'undo',
  preview: () => ({
    summary: 'Make the organization active again, with the units that were deactivated together with it.',
  }),

  async execute({ transaction, now }, { organizationId, subscription, subscriptionExternalId }) {
    await reactivate(transaction, { id: organizationId })
    if (subscription !== null && subscriptionExternalId !== undefined) {
      const status = statusUnder(subscription, now)
      await replaceTerms(transaction, organizationId, {
        status,
        terms: { ...subscription, subscriptionExternalId },
      })
    }
    return { output: {} }
  },

  async compensate({ transaction }, { organizationId, statusBefore }) {
    const place = await findPlace(transaction, organizationId)
    if (place === undefined) return
    await stopSubscription(transaction, organizationId, statusBefore === 'closed' ? 'cancelled' : 'suspended')
    await deactivate(transaction, place, statusBefore)
  },
})
