import { z } from 'zod'
import { changeUser } from '../../domain/users/change-user.ts'
import { defineStep } from '../plugin-contract.ts'
import { refuseUserChange } from './refuse-user-change.ts'

/** Changes the name or the email of a user. A cancel keeps the change, because links that were closed cannot be opened again. */
export const updateUser = defineStep({
  operation: 'update-user',
  id: 'update-user',
  version: 1,
  title: 'Change the user',
  placement: 'transactional',
  input: z.object({
    organizationId: z.string(),
    userId: z.string(),
    fullName: z.string().exactOptional(),
    email: z.email().exactOptional(),
  }),
  output: z.object({}),
  undo: 'keep',
  preview: (_, { email }) => ({
    summary:
      email === undefined
        ? 'Change the name of the user.'
        : 'Change the email of the user. Links that were sent to another email stop working. A deactivated user is active again.',
  }),

  async execute({ transaction, runId }, { organizationId, ...change }) {
    const refusal = await changeUser(transaction, { ...change, runId })
    if (refusal !== undefined) throw refuseUserChange(refusal, organizationId)
    return { output: {} }
  },
})
