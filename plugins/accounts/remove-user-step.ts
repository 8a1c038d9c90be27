import { z } from 'zod'
import { bringBack, removeUser } from '../../domain/users/remove-user.ts'
import { explainNotRestored, usersNotRestored } from '../../domain/users/users-not-restored.ts'
import { defineStep } from '../plugin-contract.ts'
import { refuseUserChange } from './refuse-user-change.ts'

/** Removes a user. The row stays deactivated, so that the audit trail names it, and the email is free for others. */
export const removeUserStep = defineStep({
  operation: 'remove-user',
  id: 'remove-user',
  version: 1,
  title: 'Remove the user',
  placement: 'transactional',
  input: z.object({ organizationId: z.string(), userId: z.string() }),
  output: z.object({ usersNotRestored }),
  undo: 'undo',
  preview: () => ({
    summary:
      'Deactivate the user and sign the user out. Links stop working, and the email is free for others.',
  }),

  async execute({ transaction, runId }, { organizationId, userId }) {
    const refusal = await removeUser(transaction, { userId, runId })
    if (refusal !== undefined) throw refuseUserChange(refusal, organizationId)
    return { output: { usersNotRestored: [] } }
  },

  async compensate({ transaction, runId }, { userId }) {
    const notRestored = await bringBack(transaction, { userId, runId })
    return { usersNotRestored: explainNotRestored(notRestored) }
  },
})
