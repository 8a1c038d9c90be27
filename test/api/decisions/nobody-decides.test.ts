import { expect, test } from 'vitest'
import { z } from 'zod'
import { createOrganization } from '../../../plugins/accounts/create-organization.ts'
import { definePlugin, defineStep, StepError } from '../../../plugins/plugin-contract.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { decisionsOn } from '../runs/run-calls.ts'

const aSecond = 1 / (24 * 60 * 60)

/** Makes a step that gets stuck for each company whose name contains its id. */
const stuckStep = (id: string, optional: boolean) =>
  defineStep({
    id,
    version: 1,
    title: id,
    needs: [createOrganization],
    placement: 'external',
    optional,
    input: z.object({ company: z.object({ name: z.string() }) }),
    output: z.object({}),
    undo: 'keep',
    preview: () => ({ summary: id }),
    async execute(_, { company }) {
      if (!company.name.includes(id)) return { output: {} }
      throw new StepError({ class: 'needs_input', code: 'no', message: 'No.', nextAction: 'Decide.' })
    },
  })

const { api } = await startEngineForFile({
  plugins: [definePlugin({ name: 'stuck', steps: [stuckStep('extra', true), stuckStep('needed', false)] })],
  attentionDays: aSecond,
})

const accept = async (name: string): Promise<string> =>
  (await api.addAccount(anAccountBody({ name }), { prefer: 'wait=0' })).body.id

test('A stuck optional step is skipped when nobody decides in time, and the account stays', async () => {
  const id = await accept('extra')
  const { steps, organizationId } = await api.until(id, 'completed')
  expect(steps.filter(({ status }) => status !== 'done')).toMatchObject([{ id: 'extra', status: 'skipped' }])
  expect((await api.get(`/v1/organizations/${organizationId}`)).body.status).toBe('active')
  expect(await decisionsOn(api, id)).toMatchObject([
    { action: 'skip', step: 'extra', source: 'clock', reason: 'Nobody decided in time.' },
  ])
})

test('A stuck required step cancels the onboarding when nobody decides in time, even if an optional step is stuck too', async () => {
  const { steps } = await api.until(await accept('needed and extra'), 'cancelled')
  expect(steps.find(({ id }) => id === 'extra')?.status).not.toBe('skipped')
  expect(steps.find(({ id }) => id === 'create-organization')?.status).toBe('compensated')
})
