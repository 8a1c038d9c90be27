import { z } from 'zod'
import { createOrganization } from '../../plugins/accounts/create-organization.ts'
import { definePlugin, defineStep, StepError } from '../../plugins/plugin-contract.ts'

export const stubbornStep = 'register-in-crm'

/**
 * Creates a plug-in with one step. The test decides when the step fails, and when its undo fails.
 * @param optional whether a person may skip the step. @param before the steps that wait for it. Default: none.
 */
export function stubborn({
  optional = false,
  before = [],
}: {
  optional?: boolean
  before?: readonly string[]
} = {}) {
  const state = {
    /** Whether `execute` refuses. */
    doing: 'refuses' as 'refuses' | 'works',
    /** Whether `compensate` refuses. */
    undoing: 'works' as 'refuses' | 'works',
    /** `execute` waits for this function first. */
    gate: async (): Promise<void> => undefined,
    /** The calls of `execute`, with the email of its input, and of `compensate`, in order. */
    calls: [] as string[],
  }
  const step = defineStep({
    id: stubbornStep,
    version: 1,
    title: 'Register in the CRM',
    optional,
    needs: [createOrganization],
    before,
    placement: 'external',
    input: z.object({ user: z.object({ email: z.string() }).optional() }),
    output: z.object({ crmId: z.string() }),
    undo: 'undo',
    preview: () => ({ summary: 'Register the account in the CRM.' }),
    execute: async (_, { user }) => {
      state.calls.push(`do ${user?.email ?? ''}`)
      await state.gate()
      if (state.doing === 'refuses') throw refused('crm_refused')
      return { output: { crmId: 'crm-1' }, externalReference: 'crm-1' }
    },
    compensate: async () => {
      state.calls.push('undo')
      if (state.undoing === 'refuses') throw refused('crm_keeps_it')
    },
  })
  return Object.assign(state, { plugin: definePlugin({ name: 'crm', steps: [step] }) })
}

function refused(code: string): StepError {
  return new StepError({
    class: 'needs_input',
    code,
    message: 'It says no.',
    nextAction: 'Mend it, then retry.',
  })
}
