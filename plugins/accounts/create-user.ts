import { z } from 'zod'
import { emailTaken } from '../../domain/users/user-errors.ts'
import { deleteUser, insertUser } from '../../domain/users/user-records.ts'
import { defineStep, type StepError, stepError } from '../plugin-contract.ts'
import { createOrganization } from './create-organization.ts'
import { userSchema } from './account-request-schema.ts'
import { requireActive } from './require-active.ts'

/** Creates the user in the organization, with an email that no other user has. */
export const createUser = defineStep({
  operation: ['add-account', 'add-user'],
  id: 'create-user',
  version: 1,
  title: 'Create the user',
  after: ['create-organization', 'validate-user'],
  reads: [createOrganization],
  placement: 'transactional',
  appliesTo: (request) => request.user !== undefined,
  // `organizationId` is the output of `create-organization`, or the organization that the request names.
  input: z.object({ organizationId: z.string(), user: userSchema }),
  output: z.object({ userId: z.string() }),
  undo: 'undo',
  preview: () => ({ summary: 'Create the user in the organization.' }),

  async execute({ transaction }, { organizationId, user }) {
    await requireActive({ transaction }, organizationId)
    const userId = await insertUser(transaction, { organizationId, ...user })
    if (userId === undefined) throw emailOfAnother()
    return { output: { userId } }
  },

  async compensate({ transaction }, _, { userId }) {
    await deleteUser(transaction, userId)
  },
})

export function emailOfAnother(): StepError {
  return stepError(emailTaken, { fields: [{ pointer: '/user/email', message: emailTaken.message }] })
}
