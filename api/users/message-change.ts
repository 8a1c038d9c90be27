import { checkEmailCorrection } from '../../domain/users/change-user.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { fieldProblem } from '../../domain/errors/error-declaration.ts'
import type { RunRequest } from '../../domain/runs/run-requests.ts'
import { organizationNotActive } from '../../domain/organizations/organization-errors.ts'
import type { Organization } from '../../domain/organizations/read-organizations.ts'
import type { OrganizationUser } from '../../domain/users/read-users.ts'
import { emailTaken, invitationAccepted, userDeactivated } from '../../domain/users/user-errors.ts'
import { invalidRequest, problem } from '../http/problem.ts'

/** @throws Problem when the organization is not active, because nobody of it can be invited then. */
export function refuseInactive({ id, status }: Organization): void {
  if (status === 'active') return
  throw problem(organizationNotActive, { parameters: { id, status } })
}

/** @throws Problem when the user is deactivated. */
export function refuseDeactivated({ email }: OrganizationUser): void {
  if (email === null) throw problem(userDeactivated)
}

/** @throws Problem when another user has the email, or the user has accepted the invitation. */
export async function refuseEmail(
  db: DatabaseConnection,
  { id: userId }: OrganizationUser,
  email: string,
): Promise<void> {
  const outcome = await checkEmailCorrection(db, { userId, email })
  if (outcome === 'accepted') throw problem(invitationAccepted)
  if (outcome === 'taken') throw invalidRequest([fieldProblem('/email', emailTaken)])
}

/**
 * Builds the operation that sends a user a new message: an invitation, or a link to reset the password for a user who has accepted
 * the invitation.
 * @param email the corrected email of the user; undefined to keep it.
 * @throws Problem when the organization is not active, the user is deactivated, or the email cannot be changed.
 */
export async function toMessageOperation(
  db: DatabaseConnection,
  { user, organization }: { user: OrganizationUser; organization: Organization },
  email: string | undefined,
): Promise<RunRequest<'resend-invitation'>> {
  refuseInactive(organization)
  refuseDeactivated(user)
  const correction = email === undefined || email === user.email ? {} : { email }
  if (correction.email !== undefined) await refuseEmail(db, user, correction.email)
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
