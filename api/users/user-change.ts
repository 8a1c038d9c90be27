import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { fieldProblem } from '../../domain/errors/error-declaration.ts'
import { findOrganization } from '../../domain/organizations/read-organizations.ts'
import type { RunRequest } from '../../domain/runs/run-requests.ts'
import type { Caller } from '../../domain/access/api-keys.ts'
import { noOtherOrganization } from '../http/field-errors.ts'
import { invalidRequest } from '../http/problem.ts'
import type { Member } from './member.ts'
import { refuseDeactivated, refuseEmail, refuseInactive } from './message-change.ts'

/**
 * Builds the operation that changes the name or the email of a user.
 * @throws Problem when the email cannot be changed, or nothing brings a deactivated user back.
 */
export async function toUpdateOperation(
  db: DatabaseConnection,
  { user, organization }: Member,
  { fullName, email }: { fullName?: string | undefined; email?: string | undefined },
): Promise<RunRequest<'update-user'>> {
  if (email === undefined) refuseDeactivated(user)
  else await refuseEmail(db, user, email)
  if (user.email === null) refuseInactive(organization)
  return {
    kind: 'update-user',
    request: {
      organizationId: organization.id,
      userId: user.id,
      ...(fullName === undefined ? {} : { fullName }),
      ...(email === undefined ? {} : { email }),
    },
  }
}

/**
 * Builds the operation that moves a user to another organization.
 * @throws Problem when the user is deactivated, or the caller has no such other organization that is active.
 */
export async function toMoveOperation(
  db: DatabaseConnection,
  { path }: Caller,
  { user, organization }: Member,
  toOrganizationId: string,
): Promise<RunRequest<'move-user'>> {
  refuseDeactivated(user)
  const to = await findOrganization(db, path, toOrganizationId)
  if (to === undefined || to.id === organization.id)
    throw invalidRequest([fieldProblem('/organizationId', noOtherOrganization)])
  refuseInactive(to)
  const request = { organizationId: organization.id, userId: user.id, toOrganizationId: to.id }
  return { kind: 'move-user', request }
}

/** Builds the operation that removes a user. @throws Problem when the user is deactivated already. */
export async function toRemoveOperation({ user, organization }: Member): Promise<RunRequest<'remove-user'>> {
  refuseDeactivated(user)
  return { kind: 'remove-user', request: { organizationId: organization.id, userId: user.id } }
}
