import type { Invitation } from '../domain/invitations.ts'
import type { InvitationView } from './schemas/invitation.ts'

export function presentInvitation({ status, sentAt, error }: Invitation): InvitationView {
  return { status, sentAt: sentAt === null ? null : new Date(sentAt).toISOString(), error }
}
