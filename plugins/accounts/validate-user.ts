import { z } from 'zod'
import { checkEmailCorrection } from '../../domain/users/correct-email.ts'
import { findPlace } from '../../domain/organizations/organization-tree.ts'
import { findRecipient } from '../../domain/users/user-records.ts'
import { defineStep, StepError } from '../plugin-contract.ts'

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
      throw refusal('organization_not_active', 'The organization is not active any more.')
    if (userId === undefined) return { output: {} }
    if ((await findRecipient(transaction, userId)) === undefined)
      throw refusal('user_not_found', 'The user was removed.')
    if (email === undefined) return { output: {} }
    const correction = await checkEmailCorrection(transaction, { userId, email })
    if (correction !== 'possible') throw notCorrectable(correction)
    return { output: {} }
  },
})

/** Somebody else has the email meanwhile, or the person has accepted the invitation. */
export function notCorrectable(why: 'taken' | 'accepted'): StepError {
  return why === 'taken'
    ? refusal('new_email_taken', 'The corrected email belongs to another user.')
    : refusal('invitation_accepted', 'The person has chosen a password, so only they can change their email.')
}

function refusal(code: string, message: string): StepError {
  return new StepError({
    class: 'terminal',
    code,
    message,
    nextAction: 'Nothing was changed. Cancel this if it is open, and send a new request.',
  })
}
