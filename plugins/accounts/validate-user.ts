import { z } from 'zod'
import { checkEmailCorrection } from '../../domain/users/change-user.ts'
import { organizationNotActive } from '../../domain/organizations/organization-errors.ts'
import { findPlace } from '../../domain/organizations/organization-tree.ts'
import { findRecipient } from '../../domain/users/user-records.ts'
import { defineStep, stepError } from '../plugin-contract.ts'
import { userNotFound } from './errors.ts'
import { refuseUserChange } from './refuse-user-change.ts'

/** Checks the organization, the user and the email again, because they can change after the request was accepted. */
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
    summary: 'userId' in request ? 'Check the user.' : 'Check that the organization can have a new user.',
  }),

  async execute({ transaction }, { organizationId, userId, email }) {
    const organization = await findPlace(transaction, organizationId)
    if (organization === undefined || organization.status !== 'active')
      throw stepError(organizationNotActive, {
        parameters: { id: organizationId, status: organization?.status ?? 'removed' },
      })
    if (userId === undefined) return { output: {} }
    const recipient = await findRecipient(transaction, userId)
    if (recipient === undefined || recipient.email === null) throw stepError(userNotFound)
    if (email === undefined) return { output: {} }
    const correction = await checkEmailCorrection(transaction, { userId, email })
    if (correction !== 'possible') throw refuseUserChange(correction, organizationId)
    return { output: {} }
  },
})
