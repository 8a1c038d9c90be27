import { z } from 'zod'
import { invitationStatuses } from '../../domain/users/invitations.ts'

export const invitationStatus = z
  .enum(invitationStatuses)
  .describe(
    '`sent`: a mail server has taken the message, and nothing else was heard; `delivered`: it told that it arrived; `failed`: ' +
      'it was not sent, or could not be delivered in time; `bounced`: it came back; `unknown`: nobody can tell whether it was ' +
      'sent; `accepted`: the person has chosen a password.',
  )

/** Whether the message with which a person chooses a password arrived. */
export const invitation = z
  .object({
    status: invitationStatus,
    sentAt: z.iso.datetime().nullable(),
    error: z
      .object({ code: z.string(), message: z.string(), nextAction: z.string() })
      .nullable()
      .describe('Why it did not arrive, or may not have.'),
  })
  .meta({ id: 'Invitation' })

export type InvitationView = z.output<typeof invitation>
