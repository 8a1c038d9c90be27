import { z } from 'zod'
import { moveBack, moveUser } from '../../domain/users/move-user.ts'
import { defineStep } from '../plugin-contract.ts'
import { refuseUserChange } from './refuse-user-change.ts'

/** Moves a user to another organization, and signs the user out. */
export const moveUserStep = defineStep({
  operation: 'move-user',
  id: 'move-user',
  version: 1,
  title: 'Move the user',
  placement: 'transactional',
  input: z.object({ organizationId: z.string(), userId: z.string(), toOrganizationId: z.string() }),
  output: z.object({}),
  undo: 'undo',
  preview: () => ({ summary: 'Move the user to the other organization, and sign the user out.' }),

  async execute({ transaction, runId }, { userId, toOrganizationId }) {
    const refusal = await moveUser(transaction, { userId, to: toOrganizationId, runId })
    if (refusal !== undefined) throw refuseUserChange(refusal, toOrganizationId)
    return { output: {} }
  },

  async compensate({ transaction, runId }, { userId, organizationId }) {
    await moveBack(transaction, { userId, to: organizationId, runId })
  },
})
