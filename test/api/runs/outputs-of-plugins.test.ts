import { expect, test } from 'vitest'
import { z } from 'zod'
import { createOrganization } from '../../../plugins/accounts/create-organization.ts'
import { definePlugin, defineStep } from '../../../plugins/plugin-contract.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'

const basics = {
  version: 1,
  placement: 'external',
  undo: 'keep',
  preview: () => ({ summary: 'Do it.' }),
} as const
const optionalIds = { organizationId: z.string().optional(), crmId: z.string().optional() }
/** The input of each step, as its body received it. */
const received: Record<string, unknown> = {}

const inCrm = defineStep({
  ...basics,
  id: 'register-in-crm',
  title: 'Register in the CRM',
  needs: [createOrganization],
  input: z.object({ company: z.object({ name: z.string() }) }),
  output: z.object({ organizationId: z.string(), userId: z.string(), crmId: z.string() }),
  async execute(_, input) {
    received['register-in-crm'] = input
    return { output: { organizationId: 'crm-42', userId: 'crm-43', crmId: 'crm-44' } }
  },
})

const reading = (id: string, more: object) =>
  defineStep({
    ...basics,
    id,
    title: id,
    after: ['register-in-crm', 'create-user'],
    input: z.object(optionalIds),
    output: z.object({}),
    async execute(_, input) {
      received[id] = input
      return { output: {} }
    },
    ...more,
  })

const { engine, api } = await startEngineForFile({
  plugins: [
    definePlugin({
      name: 'crm',
      steps: [
        inCrm,
        reading('reads-nothing', {}),
        reading('reads-crm', { needs: [inCrm] }),
        reading('reads-crm-id', { needs: [{ ...inCrm, output: z.object({ crmId: z.string() }) }] }),
      ],
    }),
  ],
})

test('a step of a plug-in neither sets the ids of the run nor the input of a step that does not need it', async () => {
  const { body } = await api.addAccount(anAccountBody({ email: 'ada@crm.example' }))
  const { organizationId, userId } = await api.until(body.id, 'completed')
  expect([organizationId, userId]).toEqual([expect.stringMatching(/^org_/), expect.stringMatching(/^usr_/)])
  expect(await engine.db.selectFrom('users').select(['id', 'organization_id']).execute()).toEqual([
    { id: userId, organization_id: organizationId },
  ])
  expect(received).toMatchObject({
    'register-in-crm': { organizationId },
    'reads-crm': { organizationId: 'crm-42', crmId: 'crm-44' },
    'reads-crm-id': { crmId: 'crm-44' },
  })
  expect(received['reads-nothing']).toEqual({})
  expect(received['reads-crm-id']).not.toHaveProperty('organizationId')
})
