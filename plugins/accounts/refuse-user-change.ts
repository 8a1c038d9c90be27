import { organizationNotActive } from '../../domain/organizations/organization-errors.ts'
import type { UserRefusal } from '../../domain/users/change-user.ts'
import { invitationAccepted, userDeactivated } from '../../domain/users/user-errors.ts'
import { type StepError, stepError } from '../plugin-contract.ts'
import { newEmailTaken, userNotFound } from './errors.ts'

/** The error for a user that cannot be changed. @param organizationId the organization that is not active if the user is `closed`. */
export function refuseUserChange(why: UserRefusal, organizationId: string): StepError {
  if (why === 'closed')
    return stepError(organizationNotActive, { parameters: { id: organizationId, status: 'not active' } })
  return stepError(declared[why])
}

const declared = {
  taken: newEmailTaken,
  accepted: invitationAccepted,
  gone: userNotFound,
  deactivated: userDeactivated,
}
