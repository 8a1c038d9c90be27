import { z } from 'zod'
import {
  countOpenAccounts,
  decideStanding,
  lockStanding,
  type Standing,
  undoStanding,
} from '../../domain/organizations/standing.ts'
import { findLevelOfRun, findOwnDecision } from '../../domain/organizations/standing-levels.ts'
import { findPoolOrganization, lockLicensePool } from '../../domain/licenses/license-pools.ts'
import { hasOpenAccounts } from '../../domain/organizations/organization-errors.ts'
import type { PlaceInTree } from '../../domain/organizations/organization-tree.ts'
import { replaceTerms, stopSubscription } from '../../domain/plans/subscriptions.ts'
import { statusUnder } from '../../domain/plans/trials.ts'
import { deactivateUsers, reactivateUsers } from '../../domain/users/account-users.ts'
import { explainNotRestored, usersNotRestored } from '../../domain/users/users-not-restored.ts'
import {
  defineStep,
  type InputOf,
  type InTransaction,
  stepError,
  type SubscriptionTerms,
} from '../plugin-contract.ts'
import { trialDaysLeft } from './billing-terms.ts'
import { checkBilling } from './check-subscription.ts'
import { accountNotActive, accountNotFound } from './errors.ts'
import { accountSchema, restoredTerms, stoppedBilling, subscriptionSchema } from './plan-request-schema.ts'

const input = accountSchema.extend({
  subscription: subscriptionSchema.nullable(),
})
type Input = InputOf<typeof input, [], [typeof stoppedBilling]>
const output = z.object({ trialDays: z.int().positive() })

type Context = InTransaction & { runId: string; now: Date }

/** Suspends the account and its units: no user can sign in, no device can take a license, and billing stops. */
export const suspendOrganizations = defineStep({
  operation: 'suspend-account',
  id: 'suspend-organizations',
  version: 1,
  title: 'Suspend the organization and its units',
  placement: 'transactional',
  reads: [stoppedBilling],
  input,
  output,
  undo: 'undo',
  preview: () => ({ summary: 'Suspend the organization and its units. All data and devices are kept.' }),

  async execute(context, request) {
    const place = await lockAccount(context, request)
    return decide(context, { place, request, status: 'suspended' })
  },

  compensate: undo,
})

/** Closes the account and its units. The data is kept, so a person can restore the account. */
export const closeOrganizations = defineStep({
  operation: 'close-account',
  id: 'close-organizations',
  version: 1,
  title: 'Close the organization and its units',
  placement: 'transactional',
  reads: [stoppedBilling],
  input,
  output: output.extend({ usersNotRestored }),
  undo: 'undo',
  preview: () => ({
    summary:
      'Close the organization and its units. All data is kept. The emails of the users are free for others.',
  }),

  async execute(context, request) {
    const place = await lockAccount(context, request)
    if ((await countOpenAccounts(context.transaction, place.id)) > 0) throw stepError(hasOpenAccounts)
    const decided = await decide(context, { place, request, status: 'closed' })
    await deactivateUsers(context.transaction, place.id)
    return { output: { ...decided.output, usersNotRestored: [] } }
  },

  async compensate(context, request, done) {
    await undo(context, request)
    const notRestored = await reactivateUsers(context.transaction, request.organizationId)
    return { ...done, usersNotRestored: explainNotRestored(notRestored) }
  },
})

async function decide(
  { transaction, runId, now }: Context,
  decision: { place: PlaceInTree; request: Input; status: 'suspended' | 'closed' },
): Promise<{ output: z.infer<typeof output> }> {
  const { place, request, status } = decision
  const level = await findLevelOfRun(transaction, runId)
  const own = await findOwnDecision(transaction, place.id, level)
  if (own === status || own === 'closed') throw stepError(accountNotActive, { parameters: { status: own } })
  const standing = await decideStanding(transaction, place, { level, status, by: runId })
  await stopSubscription(transaction, place.id, stoppedUnder(standing))
  // The days left of the trial, for the subscription that undoing opens in place of this one.
  const trialDays = trialDaysLeft(request.subscription === null ? [] : [request.subscription], now)
  return { output: { trialDays } }
}

async function undo(
  { transaction, runId, now }: Context,
  { organizationId, subscription, reopenedExternalId }: Input,
): Promise<void> {
  const place = await lockPlaced({ transaction }, organizationId)
  const standing = await undoStanding(transaction, place, runId)
  if (standing !== 'active') {
    await stopSubscription(transaction, organizationId, stoppedUnder(standing))
  } else if (subscription !== null) {
    const terms = restoredTerms(subscription, reopenedExternalId)
    await replaceTerms(transaction, organizationId, { status: statusUnder(terms, now), terms })
  }
}

/** The status of a subscription whose account is not active. */
export function stoppedUnder(standing: Standing): 'suspended' | 'cancelled' {
  return standing === 'closed' ? 'cancelled' : 'suspended'
}

/** Locks the standing, the subscription and the license pool until the transaction ends. */
async function lockAccount(
  { transaction }: InTransaction,
  { organizationId, subscription }: { organizationId: string; subscription: SubscriptionTerms | null },
): Promise<PlaceInTree> {
  const place = await lockPlaced({ transaction }, organizationId)
  await checkBilling({ transaction }, organizationId, subscription)
  const pool = await findPoolOrganization(transaction, place)
  if (pool !== null) await lockLicensePool(transaction, pool)
  return place
}

async function lockPlaced({ transaction }: InTransaction, organizationId: string): Promise<PlaceInTree> {
  const place = await lockStanding(transaction, organizationId)
  if (place === undefined) throw stepError(accountNotFound)
  return place
}
