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

const changedStep = 'provision-licenses'

/** @returns the plug-ins of the next release: one step is new, and one has a new version, whose old version is retired. */
export function asNextRelease(plugins: readonly Plugin[]): Plugin[] {
  const next = plugins.map(({ steps = [], ...plugin }) => ({
    ...plugin,
    steps: steps.map((step) => (step.id === changedStep ? { ...step, version: step.version + 1 } : step)),
    retired: steps.filter(({ id }) => id === changedStep),
  }))
  return [...next, definePlugin({ name: 'terms', steps: [noteTerms] })]
}
