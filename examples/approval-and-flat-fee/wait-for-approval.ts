import { defineStep, stepError } from 'tenantry'
import { validateAccount } from 'tenantry/accounts'
import { z } from 'zod'
import { approvalRequired } from './errors.ts'

/**
 * Waits until a person approves the account. The step runs after the request is validated and before anything is created. Its first
 * attempt needs attention. A person approves with a retry, and refuses with a cancel.
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
