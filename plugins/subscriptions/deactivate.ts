import { z } from 'zod'
import { countOpenAccounts, deactivate, reactivate } from '../../domain/account-status.ts'
import { findPlace, type PlaceInTree } from '../../domain/organization-tree.ts'
import { lockSubscription, replaceTerms, stopSubscription } from '../../domain/subscriptions.ts'
import { statusOfTrial } from '../../domain/trials.ts'
import { defineStep, type InTransaction, type SubscriptionTerms } from '../contract.ts'
import { trialDaysLeft } from './at-provider.ts'
import { checkBilling } from './check-subscription.ts'
import { refusal } from './refusal.ts'
import { accountSchema, reopenedSchema, subscriptionSchema, termsAgain } from './request-schema.ts'

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
    const place = await existing({ transaction }, organizationId)
    if (place.status !== 'active') throw refusal('account_not_active', `The account is ${place.status}.`)
    await checkBilling({ transaction }, organizationId, subscription)
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
    const place = await existing({ transaction }, organizationId)
    if (place.status === 'closed') throw refusal('account_not_active', 'The account is closed.')
    await checkBilling({ transaction }, organizationId, subscription)
    if ((await countOpenAccounts(transaction, organizationId)) > 0)
      throw refusal('has_open_accounts', 'There are accounts below it that are not closed.')
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
  const status = terms.kind === 'trial' ? statusOfTrial(terms.trialEndsAt, now) : 'active'
  await replaceTerms(transaction, organizationId, { status, terms })
}

async function existing({ transaction }: InTransaction, organizationId: string): Promise<PlaceInTree> {
  // The subscription is locked first, here and by whoever gives licenses out.
  await lockSubscription(transaction, organizationId)
  const place = await findPlace(transaction, organizationId)
  if (place === undefined) throw refusal('account_not_found', 'The account does not exist any more.')
  return place
}
