import { z } from 'zod'
import { deleteUser, insertUser } from '../../domain/users.ts'
import { defineStep } from '../contract.ts'
import { createOrganization } from './create-organization.ts'
import { emailTaken } from './email-taken.ts'
import { userSchema } from './request-schema.ts'

export const createUser = defineStep({
  id: 'create-user',
  version: 1,
  title: 'Create the user',
  needs: [createOrganization],
  placement: 'transactional',
  appliesTo: (request) => request.user !== undefined,
  input: z.object({ user: userSchema }),
  output: z.object({ userId: z.string() }),
  undo: 'undo',
  preview: () => ({ summary: 'Create the user in the new organization.' }),

  async execute({ transaction }, { organizationId, user }) {
    const userId = await insertUser(transaction, { organizationId, ...user })
    if (userId === undefined) throw emailTaken()
    return { output: { userId } }
  },

  async compensate({ transaction }, _, { userId }) {
    await deleteUser(transaction, userId)
  },
})
