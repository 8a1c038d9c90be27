import { z } from 'zod'
import { checkEmailCorrection } from '../../domain/users/change-user.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { issuePasswordLink } from '../../domain/users/password-links.ts'
import { EmailTaken, findRecipient } from '../../domain/users/user-records.ts'
import { invitationAccepted } from '../../domain/users/user-errors.ts'
import { defineStep, type Step, stepError } from '../plugin-contract.ts'
import { createUser, emailOfAnother } from './create-user.ts'
import { userNotFound } from './errors.ts'
import { userSchema } from './account-request-schema.ts'
import { requireActive } from './require-active.ts'

const input = z.object({
  userId: z.string(),
  // Only in a request that adds the user. A corrected email in it is the recipient of the message.
  user: userSchema.pick({ email: true }).optional(),
  message: z.enum(['invitation', 'password-reset']).default('invitation'),
})
const output = z.object({ messageId: z.string(), linkExpiresAt: z.iso.datetime() })

/**
 * Sends the invitation or the password reset. It is the last step, because a message cannot be undone. It has no `lookup`, because
 * mail servers have no query for a message: when an answer is lost, a person decides. A trigger in the database records each
 * message by the id of this step, so never change the id.
 */
export function notifyUser({ db, publicUrl }: { db: DatabaseConnection; publicUrl: string }): Step {
  return defineStep({
    operation: ['add-account', 'add-user', 'resend-invitation'],
    id: 'notify-user',
    version: 1,
    title: 'Invite the user',
    after: ['create-user', 'correct-email', 'provision-licenses'],
    reads: [createUser],
    placement: 'external',
    optional: true,
    appliesTo: (request) => 'userId' in request || request.user?.sendPasswordInstructions === true,
    input,
    output,
    timeout: 15_000,
    undo: 'keep',
    // The email becomes that of the user, together with the link.
    carries: { '/user/email': ['create-user'] },
    preview: (_, request) => ({
      summary: `Send the user a message with a link to ${
        'message' in request && request.message === 'password-reset' ? 'reset the' : 'choose a'
      } password.`,
    }),

    async execute(context, { userId, user, message }) {
      const recipient = await findRecipient(db, userId)
      if (recipient === undefined) throw stepError(userNotFound)
      const email = user?.email ?? recipient.email
      const link = await db
        .transaction()
        .execute(async (transaction) => {
          // First: closing the organization deactivates the user, and restoring it brings the user back.
          await requireActive({ transaction }, recipient.organizationId)
          if (email === null || recipient.email === null) throw stepError(userNotFound)
          // Refuse another email for a user who has a password: the link would give that user's account to the other person.
          if ((await checkEmailCorrection(transaction, { userId, email })) === 'accepted')
            throw stepError(invitationAccepted)
          return {
            ...(await issuePasswordLink(transaction, { userId, email, publicUrl, now: context.now })),
            email,
          }
        })
        .catch((error: unknown) => {
          throw error instanceof EmailTaken ? emailOfAnother() : error
        })
      const notifier = context.notifier()
      const send = message === 'invitation' ? notifier.sendInvitation : notifier.sendPasswordReset
      const { messageId } = await send.call(notifier, context, {
        to: { name: recipient.fullName, email: link.email },
        organizationName: recipient.organizationName,
        passwordLink: link.url,
        linkExpiresAt: link.expiresAt,
      })
      return {
        output: { messageId, linkExpiresAt: link.expiresAt.toISOString() },
        externalReference: messageId,
      }
    },
  })
}
