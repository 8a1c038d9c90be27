import { z } from 'zod'
import { checkEmailCorrection } from '../../domain/users/correct-email.ts'
import { organizationNotActive } from '../../domain/organizations/organization-errors.ts'
import { findPlace } from '../../domain/organizations/organization-tree.ts'
import { findRecipient } from '../../domain/users/user-records.ts'
import { invitationAccepted } from '../../domain/users/user-errors.ts'
import { defineStep, type StepError, stepError } from '../plugin-contract.ts'
import { newEmailTaken, userNotFound } from './errors.ts'

/** Looks again, when the run starts, at what may have changed since it was accepted. Refuses; never repairs. */
export const validateUser = defineStep({
  operation: ['add-user', 'resend-invitation'],
  id: 'validate-user',
  version: 1,
  title: 'Validate the user',
  placement: 'transactional',
  input: z.object({
    organizationId: z.string(),
    userId: z.string().optional(),
    email: z.string().optional(),
  }),
  output: z.object({}),
  undo: 'keep',
  preview: (_, request) => ({
    summary: 'userId' in request ? 'Check the user.' : 'Check that a user may be added here.',
  }),

  async execute({ transaction }, { organizationId, userId, email }) {
    const organization = await findPlace(transaction, organizationId)
    if (organization === undefined || organization.status !== 'active')
      throw stepError(organizationNotActive, {
        parameters: { id: organizationId, status: organization?.status ?? 'removed' },
      })
    if (userId === undefined) return { output: {} }
    if ((await findRecipient(transaction, userId)) === undefined) throw stepError(userNotFound)
    if (email === undefined) return { output: {} }
    const correction = await checkEmailCorrection(transaction, { userId, email })
    if (correction !== 'possible') throw notCorrectable(correction)
    return { output: {} }
  },
})

/** Somebody else has the email meanwhile, or the person has accepted the invitation. */
export function notCorrectable(why: 'taken' | 'accepted'): StepError {
  return stepError(why === 'taken' ? newEmailTaken : invitationAccepted)
}
