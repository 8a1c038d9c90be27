import { z } from 'zod'
import { invitationStatuses } from '../../domain/users/invitations.ts'

export const invitationStatus = z
  .enum(invitationStatuses)
  .describe(
    '`not_sent`: no message was requested. `sending`: the message is being sent. `sent`: a mail server accepted the message. ' +
      '`delivered`: a mail server reported its delivery. `failed`: it was not sent, or not delivered in time. `bounced`: it was ' +
      'returned. `unknown`: it is not known whether it was sent. `accepted`: the user has chosen a password.',
  )

export const invitation = z
  .object({
    status: invitationStatus,
    sentAt: z.iso.datetime().nullable().describe('Null until the message was sent.'),
    error: z
      .object({ code: z.string(), message: z.string(), nextAction: z.string() })
      .nullable()
      .describe('Why the message was not delivered, or may not have been. Null without such an error.'),
  })
  .meta({ id: 'Invitation' })

export type InvitationView = z.output<typeof invitation>
