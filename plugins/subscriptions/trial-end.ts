import { z } from 'zod'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { organizationInactive } from '../../domain/organizations/organization-errors.ts'
import { findPlace } from '../../domain/organizations/organization-tree.ts'
import { findTrialContact, markReminded } from '../../domain/plans/due-trials.ts'
import { lockSubscription, setSubscriptionStatus } from '../../domain/plans/subscriptions.ts'
import { defineStep, type Step, stepError } from '../plugin-contract.ts'
import { accountSchema } from './plan-request-schema.ts'

const input = accountSchema.extend({ trialEndsAt: z.iso.datetime() })

/** Reminds the first user of the account that the trial ends soon. It sends nothing if the plan was converted. */
export function sendTrialReminder({ db }: { db: DatabaseConnection }): Step {
  return defineStep({
    operation: 'remind-trial',
    id: 'send-trial-reminder',
    version: 1,
    title: 'Send the trial reminder',
    placement: 'external',
    optional: true,
    input,
    output: z.object({ messageId: z.string().nullable() }),
    timeout: 15_000,
    undo: 'keep',
    preview: () => ({ summary: 'Remind the first user of the account that the trial ends soon.' }),

    async execute(context, { organizationId, trialEndsAt }) {
      const status = (await findPlace(db, organizationId))?.status ?? 'removed'
      if (status !== 'active')
        throw stepError(organizationInactive, { parameters: { id: organizationId, status } })
      const contact = await findTrialContact(db, organizationId, new Date(trialEndsAt))
      if (contact === undefined) return { output: { messageId: null } }
      const { organizationName, ...to } = contact
      const message = { to, organizationName, trialEndsAt: new Date(trialEndsAt) }
      const { messageId } = await context.notifier().sendTrialReminder(context, message)
      return { output: { messageId }, externalReference: messageId }
    },

    async record({ transaction }, { organizationId }) {
      await markReminded(transaction, organizationId)
    },
  })
}

/** Ends the trial: no new device can take a license until the plan is converted. */
export const expireTrial = defineStep({
  operation: 'expire-trial',
  id: 'expire-trial',
  version: 1,
  title: 'End the trial',
  placement: 'transactional',
  input,
  output: z.object({ expired: z.boolean() }),
  undo: 'keep',
  preview: () => ({
    summary: 'End the trial. No new device can take a license until the plan is converted.',
  }),

  async execute({ transaction, now }, { organizationId, trialEndsAt }) {
    const found = await lockSubscription(transaction, organizationId)
    // Keep the status if the plan was converted or prolonged, or the account suspended or closed.
    const expired =
      found?.status === 'active' && found.terms.trialEndsAt === trialEndsAt && new Date(trialEndsAt) <= now
    if (expired) await setSubscriptionStatus(transaction, organizationId, 'expired')
    return { output: { expired } }
  },
})
