import { z } from 'zod'
import { definePlugin, defineStep, type Plugin } from '../../../plugins/plugin-contract.ts'
import { createOrganization } from '../../../plugins/accounts/create-organization.ts'

const noteTerms = defineStep({
  id: 'note-terms',
  version: 1,
  title: 'Note the terms of the release',
  needs: [createOrganization],
  after: ['provision-licenses'],
  before: ['notify-user'],
  placement: 'transactional',
  input: z.object({}),
  output: z.object({ terms: z.string() }),
  undo: 'keep',
  preview: () => ({ summary: 'Note the terms that the account was added under.' }),
  execute: async () => ({ output: { terms: 'of the next release' } }),
})

const changed = 'provision-licenses'

/** The plug-ins as the next release has them: with one step more, and another version of one, whose earlier one is retired. */
export function asNextRelease(plugins: readonly Plugin[]): Plugin[] {
  const next = plugins.map(({ steps = [], ...plugin }) => ({
    ...plugin,
    steps: steps.map((step) => (step.id === changed ? { ...step, version: step.version + 1 } : step)),
    retired: steps.filter(({ id }) => id === changed),
  }))
  return [...next, definePlugin({ name: 'terms', steps: [noteTerms] })]
}
