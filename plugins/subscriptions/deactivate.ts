import { z } from 'zod'
import { countOpenAccounts, deactivate, reactivate } from '../../domain/organizations/standing.ts'
import { findPoolOrganization, lockLicensePool } from '../../domain/licenses/license-pools.ts'
import { hasOpenAccounts } from '../../domain/organizations/organization-errors.ts'
import { findPlace, type PlaceInTree } from '../../domain/organizations/organization-tree.ts'
import { replaceTerms, stopSubscription } from '../../domain/plans/subscriptions.ts'
import { statusUnder } from '../../domain/plans/trials.ts'
import { defineStep, type InTransaction, stepError, type SubscriptionTerms } from '../plugin-contract.ts'
import { trialDaysLeft } from './at-provider.ts'
import { checkBilling } from './check-subscription.ts'
import { accountNotActive, accountNotFound } from './errors.ts'
import { accountSchema, reopenedSchema, subscriptionSchema, termsAgain } from './plan-request-schema.ts'

const input = accountSchema.extend({
  subscription: subscriptionSchema.nullable(),
  ...reopenedSchema.shape,
})
const output = z.object({ statusBefore: z.enum(['active', 'suspended']), trialDays: z.int().positive() })

/** Suspends the account and its units: nobody signs in, no device takes a license, and no time is billed any more. */
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
    const place = await holdAccount({ transaction }, organizationId, subscription)
    if (place.status !== 'active') throw stepError(accountNotActive, { parameters: { status: place.status } })
    await stopSubscription(transaction, organizationId, 'suspended')
    await deactivate(transaction, place, 'suspended')
    return { output: { statusBefore: place.status, trialDays: daysLeft(subscription, now) } }
  },

  async compensate({ transaction, now }, { organizationId, subscription, reopenedExternalId }) {
    const terms = subscription === null ? null : termsAgain(subscription, reopenedExternalId)
    await bringBack({ transaction }, organizationId, terms, now)
  },
})

/** Closes the account and its units. All data is kept, so it can be restored. */
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
    const place = await holdAccount({ transaction }, organizationId, subscription)
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
      const terms = subscription === null ? null : termsAgain(subscription, reopenedExternalId)
      await bringBack({ transaction }, organizationId, terms, now)
      return
    }
    await stopSubscription(transaction, organizationId, 'suspended')
    await deactivate(transaction, await existing({ transaction }, organizationId), 'suspended')
  },
})

/** Counted now, for a subscription that takes the place of this one should it be brought back. */
function daysLeft(subscription: SubscriptionTerms | null, now: Date): number {
  return trialDaysLeft(subscription === null ? [] : [subscription], now)
}

async function bringBack(
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

/**
 * Until the transaction ends nobody changes how the account is billed, and no device of it takes a license.
 * @param expected what the operation was accepted for; null where nobody bills the account.
 */
async function holdAccount(
  { transaction }: InTransaction,
  organizationId: string,
  expected: SubscriptionTerms | null,
): Promise<PlaceInTree> {
  await checkBilling({ transaction }, organizationId, expected)
  const place = await existing({ transaction }, organizationId)
  const pool = await findPoolOrganization(transaction, place)
  if (pool !== null) await lockLicensePool(transaction, pool)
  return place
}

async function existing({ transaction }: InTransaction, organizationId: string): Promise<PlaceInTree> {
  const place = await findPlace(transaction, organizationId)
  if (place === undefined) throw stepError(accountNotFound)
  return place
}
