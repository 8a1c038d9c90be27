import { z } from 'zod'
import { correctEmail } from '../../domain/users/correct-email.ts'
import { defineStep } from '../plugin-contract.ts'
import { refuseCorrection, validateUser } from './validate-user.ts'

/** Corrects the email of a user before the invitation is sent again. A cancel keeps the corrected email. */
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
  preview: () => ({
    summary: 'Correct the email of the user. Links that were sent to the old email stop working.',
  }),

  async execute({ transaction, runId }, { userId, email }) {
    const outcome = await correctEmail(transaction, { userId, email, runId })
    if (outcome !== 'possible') throw refuseCorrection(outcome)
    return { output: {} }
  },
})
