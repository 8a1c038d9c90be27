import { z } from 'zod'
import { changeUser } from '../../domain/users/change-user.ts'
import { defineStep } from '../plugin-contract.ts'
import { refuseUserChange } from './refuse-user-change.ts'
import { validateUser } from './validate-user.ts'

/** Corrects the email of a user before the invitation is sent again. A cancel keeps the corrected email. */
export const correctUserEmail = defineStep({
  operation: 'resend-invitation',
  id: 'correct-email',
  version: 1,
  title: 'Correct the email',
  needs: [validateUser],
  placement: 'transactional',
  appliesTo: ({ email }) => email !== undefined,
  input: z.object({ organizationId: z.string(), userId: z.string(), email: z.email() }),
  output: z.object({}),
  undo: 'keep',
  preview: () => ({
    summary: 'Correct the email of the user. Links that were sent to the old email stop working.',
  }),

  async execute({ transaction, runId }, { organizationId, userId, email }) {
    const refusal = await changeUser(transaction, { userId, email, runId })
    if (refusal !== undefined) throw refuseUserChange(refusal, organizationId)
    return { output: {} }
  },
})
