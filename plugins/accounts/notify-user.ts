import { z } from 'zod'
import { checkEmailCorrection } from '../../domain/users/correct-email.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { issuePasswordLink } from '../../domain/users/password-links.ts'
import { EmailTaken, findRecipient } from '../../domain/users/user-records.ts'
import { defineStep, type Step, stepError } from '../plugin-contract.ts'
import { emailOfAnother } from './email-taken.ts'
import { userNotFound } from './errors.ts'
import { userSchema } from './account-request-schema.ts'
import { notCorrectable } from './validate-user.ts'

const input = z.object({
  userId: z.string(),
  /** Of a request that adds the user. A correction of it, for this step, is where the message goes. */
  user: userSchema.optional(),
  message: z.enum(['invitation', 'password-reset']).default('invitation'),
})
const output = z.object({ messageId: z.string(), linkExpiresAt: z.iso.datetime() })

/**
 * Writes to the person, last of all: a message can't be taken back. A mail server can't be asked what it did with a
 * message, so when its answer is lost a person decides. The database keeps a row for each message by what the ledger says
 * of this step, so its id does not change.
 */
export function notifyUser({ db, publicUrl }: { db: DatabaseConnection; publicUrl: string }): Step {
  return defineStep({
    operation: ['add-account', 'add-user', 'resend-invitation'],
    id: 'notify-user',
    version: 1,
    title: 'Invite the user',
    after: ['create-user', 'correct-email', 'provision-licenses'],
    placement: 'external',
    optional: true,
    appliesTo: (request) => 'userId' in request || request.user?.sendPasswordInstructions === true,
    input,
    output,
    timeout: 15_000,
    undo: 'keep',
    preview: (_, request) => ({
      summary: `Send the user a message with a link to ${
        'message' in request && request.message === 'password-reset' ? 'reset the' : 'choose a'
      } password.`,
    }),

    async execute(context, { userId, user, message }) {
      const recipient = await findRecipient(db, userId)
      if (recipient === undefined) throw stepError(userNotFound)
      const { fullName, email } = user ?? recipient
      // Whoever has a password signs in with their email: a link to another one would give their account away.
      if ((await checkEmailCorrection(db, { userId, email })) === 'accepted') throw notCorrectable('accepted')
      const link = await issuePasswordLink(db, { userId, email, publicUrl, now: context.now }).catch(
        (error: unknown) => {
          throw error instanceof EmailTaken ? emailOfAnother() : error
        },
      )
      const notifier = context.notifier()
      const send = message === 'invitation' ? notifier.sendInvitation : notifier.sendPasswordReset
      const { messageId } = await send.call(notifier, context, {
        to: { name: fullName, email },
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
