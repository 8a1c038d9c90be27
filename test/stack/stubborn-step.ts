import { z } from 'zod'
import { createOrganization } from '../../plugins/accounts/create-organization.ts'
import { definePlugin, defineStep, StepError } from '../../plugins/contract.ts'

export const stubbornStep = 'register-in-crm'

/** A plug-in with one step that fails, and whose undoing fails, for as long as it is told to. */
export function stubborn({ optional = false }: { optional?: boolean } = {}) {
  const state = {
    /** What doing it, and undoing it, does: nothing when it goes well. */
    doing: 'refuses' as 'refuses' | 'works' | 'loses its answer',
    undoing: 'works' as 'refuses' | 'works',
    /** Every call in order, with the email that it was given. */
    calls: [] as string[],
  }
  const refused = (code: string) =>
    new StepError({ class: 'needs_input', code, message: 'It says no.', nextAction: 'Mend it, then retry.' })
  const lost = new StepError({
    class: 'unknown_outcome',
    code: 'lost',
    message: 'Lost.',
    nextAction: 'Look.',
  })
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
      if (state.doing === 'refuses') throw refused('crm_refused')
      if (state.doing === 'loses its answer') throw lost
      return { output: { crmId: 'crm-1' }, externalReference: 'crm-1' }
    },
    compensate: async () => {
      state.calls.push('undo')
      if (state.undoing === 'refuses') throw refused('crm_keeps_it')
    },
  })
  return Object.assign(state, { plugin: definePlugin({ name: 'crm', steps: [step] }) })
}
