import { checkEmailCorrection } from '../../domain/users/correct-email.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { fieldProblem } from '../../domain/errors/error-declaration.ts'
import type { RunRequest } from '../../domain/runs/run-requests.ts'
import { organizationNotActive } from '../../domain/organizations/organization-errors.ts'
import type { Organization } from '../../domain/organizations/read-organizations.ts'
import type { OrganizationUser } from '../../domain/users/read-users.ts'
import { emailTaken, invitationAccepted } from '../../domain/users/user-errors.ts'
import { invalidRequest, problem } from '../http/problem.ts'

/** @throws Problem while nobody of this organization can be invited. */
export function refuseInactive({ id, status }: Organization): void {
  if (status === 'active') return
  throw problem(organizationNotActive, { parameters: { id, status } })
}

/**
 * Which message a user gets who is to be written to again: an invitation, or for whoever has accepted one, a link to reset
 * the password.
 * @throws Problem when the email that is to be corrected can't be.
 */
export async function decideMessage(
  db: DatabaseConnection,
  { user, organization }: { user: OrganizationUser; organization: Organization },
  email: string | undefined,
): Promise<RunRequest<'resend-invitation'>> {
  refuseInactive(organization)
  const correction = email === undefined || email === user.email ? {} : { email }
  if (correction.email !== undefined) {
    const outcome = await checkEmailCorrection(db, { userId: user.id, email: correction.email })
    if (outcome === 'accepted') throw problem(invitationAccepted)
    if (outcome === 'taken') throw invalidRequest([fieldProblem('/email', emailTaken)])
  }
  return {
    kind: 'resend-invitation',
    request: {
      organizationId: organization.id,
      userId: user.id,
      message: user.invitation.status === 'accepted' ? 'password-reset' : 'invitation',
      ...correction,
    },
  }
}
