import { defineStep, stepError } from 'tenantry'
import { validateAccount } from 'tenantry/accounts'
import { z } from 'zod'
import { approvalRequired } from './errors.ts'

/**
 * Holds an account up, after it was checked and before anything is created, until a person approves it. The first try
 * asks; the person approves by asking for another try, and refuses by cancelling.
 */
export const waitForApproval = defineStep({
  id: 'wait-for-approval',
  version: 1,
  title: 'Wait for approval',
  needs: [validateAccount],
  before: ['create-organization'],
  placement: 'transactional',
  input: z.object({}),
  output: z.object({ approvedAt: z.iso.datetime() }),
  undo: 'keep',
  preview: (_, { type }) => ({ summary: `Wait until a person approves the new ${type}.` }),

  async execute({ retries, now }) {
    if (retries === 0) throw stepError(approvalRequired)
    return { output: { approvedAt: now.toISOString() } }
  },
})
