import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { createOrganization } from '../../../plugins/accounts/create-organization.ts'
import { definePlugin, defineStep, StepError } from '../../../plugins/plugin-contract.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { type EngineApi, startApiFor } from '../../stack/api.ts'
import { type Engine, publicUrl, startEngine } from '../../stack/tenantry-command.ts'

const aSecond = 1 / (24 * 60 * 60)

/** A step that is stuck for the companies that it is named after. */
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

let engine: Engine
let api: EngineApi
beforeAll(async () => {
  const steps = [stuckStep('extra', true), stuckStep('needed', false)]
  engine = await startEngine({ plugins: [definePlugin({ name: 'stuck', steps })] })
  api = await startApiFor(engine, publicUrl, aSecond)
})
afterAll(async () => {
  await api.close()
  await engine.stop()
})

const accept = async (name: string): Promise<string> =>
  (await api.addAccount(anAccountBody({ company: { name, state: 'TX' } }), { prefer: 'wait=0' })).body.id

test('an optional step on which nobody decides in time is skipped, and the account stays', async () => {
  const id = await accept('extra')
  const { steps, organizationId } = await api.until(id, 'completed')
  expect(steps.filter(({ status }) => status !== 'done')).toMatchObject([{ id: 'extra', status: 'skipped' }])
  expect((await api.send('GET', `/v1/organizations/${organizationId}`)).body.status).toBe('active')
  const { body } = await api.send('GET', `/v1/onboardings/${id}/decisions`)
  expect(body.items).toMatchObject([
    { action: 'skip', step: 'extra', source: 'clock', reason: 'Nobody decided in time.' },
  ])
})

test('a required one cancels the onboarding, whatever else is stuck', async () => {
  const { steps } = await api.until(await accept('needed and extra'), 'cancelled')
  expect(steps.find(({ id }) => id === 'extra')?.status).not.toBe('skipped')
  expect(steps.find(({ id }) => id === 'create-organization')?.status).toBe('compensated')
})
