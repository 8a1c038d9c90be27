import { z } from 'zod'
import {
  decidedAbove,
  onboardingCancelled,
  organizationInactive,
} from '../../domain/organizations/organization-errors.ts'
import type { PlaceInTree } from '../../domain/organizations/organization-tree.ts'
import { idsOnPath, type Subtree } from '../../domain/access/subtree.ts'
import {
  decideStanding,
  holdStanding,
  lockStanding,
  undoStanding,
} from '../../domain/organizations/standing.ts'
import { findLevelOfRun, findRestoreRefusal } from '../../domain/organizations/standing-levels.ts'
import { replaceTerms, stopSubscription } from '../../domain/plans/subscriptions.ts'
import { statusUnder } from '../../domain/plans/trials.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { deactivateUsers, findUsersNotToReturn, reactivateUsers } from '../../domain/users/account-users.ts'
import { explainNotRestored, usersNotRestored } from '../../domain/users/users-not-restored.ts'
import { defineStep, type InTransaction, type Step, stepError } from '../plugin-contract.ts'
import {
  findSubscription,
  subscriptionResult,
  toBillingPlan,
  toBillingSubscription,
  trialDaysLeft,
} from './billing-terms.ts'
import { stoppedUnder } from './deactivate.ts'
import { accountIsActive, accountNotFound } from './errors.ts'
import { accountSchema, subscriptionSchema } from './plan-request-schema.ts'

export const checkRestore = defineStep({
  operation: 'restore-account',
  id: 'check-restore',
  version: 1,
  title: 'Check that the account can be restored',
  placement: 'transactional',
  input: accountSchema.extend({ subscription: subscriptionSchema.nullable() }),
  output: z.object({ trialDays: z.int().positive() }),
  undo: 'keep',
  readOnly: true,
  preview: () => ({
    summary: 'Check that the account is suspended or closed, and that its parent is active.',
  }),

  async execute(context, { organizationId, subscription }) {
    await lockRestorable(context, organizationId)
    return { output: { trialDays: trialDaysLeft(subscription === null ? [] : [subscription], context.now) } }
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

/** @param parts `db` is read by the dry run, which names the users who stay deactivated. */
export function restoreOrganizations({ db }: { db: DatabaseConnection }): Step {
  return defineStep({
    operation: 'restore-account',
    id: 'restore-organizations',
    version: 1,
    title: 'Restore the organization and its units',
    needs: [checkRestore],
    after: ['reopen-billing'],
    reads: [reopenBilling],
    placement: 'transactional',
    input: accountSchema.extend({
      subscription: subscriptionSchema.nullable(),
      // The output of `reopen-billing`, if the account is billed.
      subscriptionExternalId: z.string().optional(),
    }),
    output: z.object({ usersNotRestored }),
    undo: 'undo',
    preview: async (_, { organizationId }) => ({
      summary:
        'Make the organization active again, with the units and users that were deactivated together with it.',
      details: { usersNotRestored: explainNotRestored(await findUsersNotToReturn(db, organizationId)) },
    }),

    async execute(context, { organizationId, subscription, subscriptionExternalId }) {
      const { transaction, runId, now } = context
      // Again, because a level above may have decided while `reopen-billing` waited for the provider.
      const { place, level } = await lockRestorable(context, organizationId)
      await decideStanding(transaction, place, { level, status: 'active', by: runId })
      if (subscription !== null && subscriptionExternalId !== undefined) {
        const status = statusUnder(subscription, now)
        await replaceTerms(transaction, organizationId, {
          status,
          terms: { ...subscription, subscriptionExternalId },
        })
      }
      const notRestored = await reactivateUsers(transaction, organizationId)
      return { output: { usersNotRestored: explainNotRestored(notRestored) } }
    },

    async compensate({ transaction, runId }, { organizationId }, done) {
      const place = await lockStanding(transaction, organizationId)
      if (place === undefined) return
      const standing = await undoStanding(transaction, place, runId)
      await stopSubscription(transaction, organizationId, stoppedUnder(standing))
      const notRestored = done.usersNotRestored.map(({ userId }) => userId)
      await deactivateUsers(transaction, organizationId, notRestored)
    },
  })
}

/**
 * Locks the standing of an account and of its parent until the transaction ends.
 * @throws StepError when the level of the run may not restore the account now.
 */
async function lockRestorable(
  { transaction, runId }: InTransaction & { runId: string },
  organizationId: string,
): Promise<{ place: PlaceInTree; level: Subtree }> {
  const place = await lockStanding(transaction, organizationId)
  if (place === undefined) throw stepError(accountNotFound)
  const parentId = idsOnPath(place.path).at(-2) ?? ''
  await holdStanding(transaction, parentId)
  const level = await findLevelOfRun(transaction, runId)
  const refusal = await findRestoreRefusal(transaction, place, level)
  if (refusal === undefined) return { place, level }
  const { reason } = refusal
  if (reason === 'active') throw stepError(accountIsActive)
  if (reason === 'parent_not_active')
    throw stepError(organizationInactive, { parameters: { id: parentId, status: refusal.status } })
  const declared = reason === 'decided_above' ? decidedAbove : onboardingCancelled
  throw stepError(declared, { parameters: { id: organizationId } })
}
