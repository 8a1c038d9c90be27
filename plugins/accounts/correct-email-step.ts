import { z } from 'zod'
import { correctEmail } from '../../domain/users/correct-email.ts'
import { defineStep } from '../plugin-contract.ts'
import { notCorrectable, validateUser } from './validate-user.ts'

/** Before a person is written to at another address. Cancelling the message does not bring a wrong address back. */
export const correctUserEmail = defineStep({
  operation: 'resend-invitation',
  id: 'correct-email',
  version: 1,
  title: 'Correct the email',
  needs: [validateUser],
  placement: 'transactional',
  appliesTo: ({ email }) => email !== undefined,
  input: z.object({ userId: z.string(), email: z.email() }),
  output: z.object({}),
  undo: 'keep',
  preview: () => ({ summary: 'Correct the email of the user. Links sent to the one before stop working.' }),

  async execute({ transaction, runId }, { userId, email }) {
    const outcome = await correctEmail(transaction, { userId, email, runId: runId })
    if (outcome !== 'possible') throw notCorrectable(outcome)
    return { output: {} }
  },
})
