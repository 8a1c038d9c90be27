import { z } from 'zod'
import { countOpenAccounts, deactivate, reactivate } from '../../domain/organizations/standing.ts'
import { findPoolOrganization, lockLicensePool } from '../../domain/licenses/license-pools.ts'
import { hasOpenAccounts } from '../../domain/organizations/organization-errors.ts'
import { findPlace, type PlaceInTree } from '../../domain/organizations/organization-tree.ts'
import { replaceTerms, stopSubscription } from '../../domain/plans/subscriptions.ts'
import { statusUnder } from '../../domain/plans/trials.ts'
import { defineStep, type InTransaction, stepError, type SubscriptionTerms } from '../plugin-contract.ts'
import { trialDaysLeft } from './billing-terms.ts'
import { checkBilling } from './check-subscription.ts'
import { accountNotActive, accountNotFound } from './errors.ts'
import { accountSchema, reopenedSchema, restoredTerms, subscriptionSchema } from './plan-request-schema.ts'

const input = accountSchema.extend({
  subscription: subscriptionSchema.nullable(),
  ...reopenedSchema.shape,
})
const output = z.object({ statusBefore: z.enum(['active', 'suspended']), trialDays: z.int().positive() })

/** Suspends the account and its units: no user can sign in, no device can take a license, and billing stops. */
export const suspendOrganizations = defineStep({
  operation: 'suspend-account',
  id: 'suspend-organizations',
  version: 1,
  title: 'Suspend the organization and its units',
  placement: 'transactional',
  input,
  output,
  undo: 'undo',
  preview: () => ({ summary: 'Suspend the organization and its units. All data and devices are kept.' }),

  async execute({ transaction, now }, { organizationId, subscription }) {
    const place = await lockAccount({ transaction }, organizationId, subscription)
    if (place.status !== 'active') throw stepError(accountNotActive, { parameters: { status: place.status } })
    await stopSubscription(transaction, organizationId, 'suspended')
    await deactivate(transaction, place, 'suspended')
    return { output: { statusBefore: place.status, trialDays: daysLeft(subscription, now) } }
  },

  async compensate({ transaction, now }, { organizationId, subscription, reopenedExternalId }) {
    const terms = subscription === null ? null : restoredTerms(subscription, reopenedExternalId)
    await reactivateAccount({ transaction }, organizationId, terms, now)
  },
})

/** Closes the account and its units. The data is kept, so a person can restore the account. */
export const closeOrganizations = defineStep({
  operation: 'close-account',
  id: 'close-organizations',
  version: 1,
  title: 'Close the organization and its units',
  placement: 'transactional',
  input,
  output,
  undo: 'undo',
  preview: () => ({ summary: 'Close the organization and its units. All data is kept.' }),

  async execute({ transaction, now }, { organizationId, subscription }) {
    const place = await lockAccount({ transaction }, organizationId, subscription)
    if (place.status === 'closed') throw stepError(accountNotActive, { parameters: { status: place.status } })
    if ((await countOpenAccounts(transaction, organizationId)) > 0) throw stepError(hasOpenAccounts)
    await stopSubscription(transaction, organizationId, 'cancelled')
    await deactivate(transaction, place, 'closed')
    return { output: { statusBefore: place.status, trialDays: daysLeft(subscription, now) } }
  },

  async compensate(
    { transaction, now },
    { organizationId, subscription, reopenedExternalId },
    { statusBefore },
  ) {
    if (statusBefore === 'active') {
      const terms = subscription === null ? null : restoredTerms(subscription, reopenedExternalId)
      await reactivateAccount({ transaction }, organizationId, terms, now)
      return
    }
    await stopSubscription(transaction, organizationId, 'suspended')
    await deactivate(transaction, await findAccount({ transaction }, organizationId), 'suspended')
  },
})

/** The days left of the trial, for the subscription that undoing opens in place of this one. */
function daysLeft(subscription: SubscriptionTerms | null, now: Date): number {
  return trialDaysLeft(subscription === null ? [] : [subscription], now)
}

async function reactivateAccount(
  { transaction }: InTransaction,
  organizationId: string,
  terms: SubscriptionTerms | null,
  now: Date,
): Promise<void> {
  await reactivate(transaction, { id: organizationId })
  if (terms === null) return
  const status = statusUnder(terms, now)
  await replaceTerms(transaction, organizationId, { status, terms })
}

/** Locks the subscription and the license pool until the transaction ends. @param expected as for `checkBilling`. */
async function lockAccount(
  { transaction }: InTransaction,
  organizationId: string,
  expected: SubscriptionTerms | null,
): Promise<PlaceInTree> {
  await checkBilling({ transaction }, organizationId, expected)
  const place = await findAccount({ transaction }, organizationId)
  const pool = await findPoolOrganization(transaction, place)
  if (pool !== null) await lockLicensePool(transaction, pool)
  return place
}

async function findAccount({ transaction }: InTransaction, organizationId: string): Promise<PlaceInTree> {
  const place = await findPlace(transaction, organizationId)
  if (place === undefined) throw stepError(accountNotFound)
  return place
}
