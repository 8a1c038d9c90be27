import { z } from 'zod'
import { createOrganization } from '../../plugins/accounts/create-organization.ts'
import { definePlugin, defineStep, StepError } from '../../plugins/plugin-contract.ts'

export const stubbornStep = 'register-in-crm'

/** A plug-in with one step that fails, and whose undoing fails, for as long as it is told to. */
export function stubborn({ optional = false }: { optional?: boolean } = {}) {
  const state = {
    /** What doing it, and undoing it, does: nothing when it goes well. */
    doing: 'refuses' as 'refuses' | 'works',
    undoing: 'works' as 'refuses' | 'works',
    /** What a call waits for before it does anything. */
    gate: async (): Promise<void> => undefined,
    /** Every call in order, with the email that it was given. */
    calls: [] as string[],
  }
  const step = defineStep({
    id: stubbornStep,
    version: 1,
    title: 'Register in the CRM',
    optional,
    needs: [createOrganization],
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
