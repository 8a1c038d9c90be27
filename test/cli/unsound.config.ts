import { z } from 'zod'
import type { Configure } from '../../configuration.ts'
import { definePlugin, defineStep, type StepReference } from '../../plugins/plugin-contract.ts'
import configure from '../../temporal.config.ts'

/** A configuration with every fault that a combination of plug-ins can have. */
const unsound: Configure = (surroundings) => {
  const configuration = configure(surroundings)
  const repeated = configuration.plugins.filter(({ name }) => name === 'ledger' || name === 'smtp')
  if (repeated.length !== 2) throw new Error('The real configuration has no plug-in ledger or smtp any more.')
  return { ...configuration, plugins: [...configuration.plugins, alpha, beta, ...repeated] }
}

export default unsound

function step(
  id: string,
  more: { version?: number; needs?: StepReference[]; after?: string[]; optional?: boolean } = {},
) {
  return defineStep({
    version: 1,
    ...more,
    id,
    title: id,
    placement: 'transactional',
    input: z.object({}),
    output: z.object({}),
    undo: 'keep',
    preview: () => ({ summary: id }),
    execute: async () => ({ output: {} }),
  })
}

const extra = step('extra', { optional: true })
const first = step('first')

const alpha = definePlugin({
  name: 'alpha',
  steps: [
    first,
    extra,
    step('lonely', { needs: [step('ghost')] }),
    step('dated', { needs: [step('first', { version: 2 })] }),
    step('hopeful', { needs: [extra] }),
    step('late', { after: ['nobody'] }),
    step('chicken', { after: ['egg'] }),
    step('egg', { after: ['chicken'] }),
  ],
})

const beta = definePlugin({ name: 'beta', steps: [first, step('extra', { version: 7 })], retired: [first] })
