import { z } from 'zod'
import type { Configure } from '../../configuration.ts'
import { definePlugin, defineStep } from '../../plugins/plugin-contract.ts'
import configure from '../../temporal.config.ts'

/** A configuration with plug-ins that TypeScript refuses and Node loads. */
const misshapen: Configure = (surroundings) => {
  const configuration = configure(surroundings)
  const adapter = configuration.plugins.flatMap(({ billing = [] }) => billing)[0]
  const steps = definePlugin({
    name: 'steps',
    steps: [
      wrongStep('untitled', { title: undefined }),
      wrongStep('misplaced', { placement: 'extern' }),
      wrongStep('unversioned', { version: 0 }),
      wrongStep('with spaces', {}),
      wrongStep('not-undone', { undo: 'undo' }),
      wrongStep('asked', { undo: 'ask' }),
      wrongStep('by-id', { needs: ['create-organization'] }),
      wrongStep('by-output', {
        needs: [{ id: 'text', version: 1, operations: ['add-account'], output: z.string() }],
      }),
      wrongStep('elsewhere', { operation: 'add-acount' }),
      wrongStep('shapeless', { input: undefined, output: z.string() }),
      wrongStep('impatient', { timeout: '10s', retry: { maximumAttempts: 0 } }),
      wrongStep('bodiless', { execute: undefined, after: 'create-user' }),
    ],
  })
  const bare = { name: 'bare', steps: [{ id: 'a' }], retired: [{ id: 'b' }] }
  const providers = {
    name: 'providers',
    billing: [{ ...adapter, id: 'My Bank', reportUsage: undefined, parseWebhook: true }],
    notifiers: [{ id: 'pigeon', check: async () => undefined }],
  }
  const wrong: unknown[] = [bare, providers, { steps: 'none' }, () => steps]
  return { ...configuration, plugins: [steps, ...(wrong as never[])] }
}

export default misshapen

function wrongStep(id: string, wrong: Record<string, unknown>) {
  return defineStep({
    id,
    version: 1,
    title: id,
    placement: 'transactional',
    input: z.object({}),
    output: z.object({}),
    undo: 'keep',
    preview: () => ({ summary: id }),
    execute: async () => ({ output: {} }),
    ...(wrong as object),
  })
}
