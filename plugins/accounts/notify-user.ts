import { z } from 'zod'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { issuePasswordLink } from '../../domain/password-links.ts'
import { EmailTaken, markInvited } from '../../domain/users.ts'
import { defineStep, type Step } from '../contract.ts'
import { createUser } from './create-user.ts'
import { emailTaken } from './email-taken.ts'
import { companySchema, userSchema } from './request-schema.ts'

const input = z.object({ user: userSchema, company: companySchema.pick({ name: true }) })
const output = z.object({ messageId: z.string(), linkExpiresAt: z.iso.datetime() })

/**
 * Writes to the person, last of all: a message can't be taken back. A mail server can't be asked what it did with a
 * message, so when its answer is lost a person decides.
 */
export function notifyUser({ db, publicUrl }: { db: DatabaseConnection; publicUrl: string }): Step {
  return defineStep({
    id: 'notify-user',
    version: 1,
    title: 'Invite the user',
    needs: [createUser],
    after: ['provision-licenses'],
    placement: 'external',
    optional: true,
    appliesTo: (request) => request.user?.sendPasswordInstructions === true,
    input,
    output,
    timeout: 15_000,
    undo: 'keep',
    preview: () => ({ summary: 'Send the user a message with a link to choose a password.' }),

    async execute(context, { userId, user, company }) {
      const { email } = user
      const link = await issuePasswordLink(db, { userId, email, publicUrl, now: context.now }).catch(
        (error: unknown) => {
          throw error instanceof EmailTaken ? emailTaken() : error
        },
      )
      const { messageId } = await context.notifier().sendInvitation(context, {
        to: { name: user.fullName, email },
        organizationName: company.name,
        passwordLink: link.url,
        linkExpiresAt: link.expiresAt,
      })
      return {
        output: { messageId, linkExpiresAt: link.expiresAt.toISOString() },
        externalReference: messageId,
      }
    },

    async record({ transaction }, { userId }) {
      await markInvited(transaction, userId)
    },
  })
}
