import { z } from 'zod'
import { definePlugin, defineStep, StepError } from '../../plugins/plugin-contract.ts'

/**
 * Makes a plug-in whose step runs last in each run that removes or moves a user, or closes or restores an account. While `refuses`
 * is true, the step gets stuck, so that the test can cancel the run.
 */
export function auditor() {
  const state = { refuses: false }
  const step = defineStep({
    operation: ['remove-user', 'move-user', 'close-account', 'restore-account'],
    id: 'tell-auditor',
    version: 1,
    title: 'Tell the auditor',
    after: ['remove-user', 'move-user', 'stop-billing', 'restore-organizations'],
    placement: 'external',
    input: z.object({}),
    output: z.object({}),
    undo: 'keep',
    readOnly: true,
    preview: () => ({ summary: 'Tell the auditor.' }),
    execute: async () => {
      if (!state.refuses) return { output: {} }
      throw new StepError({ class: 'needs_input', code: 'refused', message: 'No.', nextAction: 'Retry.' })
    },
  })
  return Object.assign(state, { plugin: definePlugin({ name: 'auditor', steps: [step] }) })
}
