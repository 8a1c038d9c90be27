import type { Invitation } from '../../domain/users/invitations.ts'
import type { InvitationView } from './invitation-schema.ts'

export function presentInvitation({ status, sentAt, error }: Invitation): InvitationView {
  return { status, sentAt: sentAt === null ? null : new Date(sentAt).toISOString(), error }
}
