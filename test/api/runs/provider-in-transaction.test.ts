import { expect, test } from 'vitest'
import { z } from 'zod'
import { definePlugin, defineStep } from '../../../plugins/plugin-contract.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { memoryBilling } from '../../stack/memory-billing.ts'

const askProvider = defineStep({
  id: 'ask-provider',
  version: 1,
  title: 'Ask the provider',
  placement: 'transactional',
  input: z.object({}),
  output: z.object({}),
  retry: { maximumAttempts: 1 },
  undo: 'keep',
  preview: () => ({ summary: 'Ask the provider.' }),
  async execute(context) {
    await context.billing('memory').find(context)
    return { output: {} }
  },
})

const { api } = await startEngineForFile({
  plugins: [memoryBilling().plugin, definePlugin({ name: 'asking', steps: [askProvider] })],
})

test('A step in our transaction that would call a provider needs attention, and the provider is not called', async () => {
  const { body } = await api.addAccount(anAccountBody())
  expect(body.status).toBe('needs_attention')
  const step = body.steps.find(({ id }: { id: string }) => id === 'ask-provider')
  expect(step.error).toMatchObject({
    code: 'provider_in_transaction',
    message: 'The step would call the provider "memory" while our transaction is open.',
  })
})
