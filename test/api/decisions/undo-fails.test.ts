import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { OnboardingView } from '../../../api/runs/onboarding-schemas.ts'
import { definePlugin, defineStep, StepError } from '../../../plugins/plugin-contract.ts'
import { operations, type Progress, progressQuery, workflowIdOf } from '../../../workflows/contract.ts'
import { z } from 'zod'
import { createOrganization } from '../../../plugins/accounts/create-organization.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { type EngineApi, startApiFor } from '../../stack/api.ts'
import { stubborn, stubbornStep } from '../../stack/stubborn-step.ts'
import { type Engine, startEngine } from '../../stack/tenantry-command.ts'

const crm = stubborn()
const basics = {
  version: 1,
  needs: [createOrganization],
  placement: 'external',
  input: z.object({}),
  output: z.object({ id: z.string() }),
  preview: () => ({ summary: 'Do it.' }),
} as const
const made = async () => ({ output: { id: 'made' }, externalReference: 'ref-1' })
/** Steps of every policy, and one that is stuck, so that there is something to cancel. */
const others = definePlugin({
  name: 'others',
  steps: [
    defineStep({ ...basics, id: 'print-badge', title: 'Print a badge', undo: 'undo', execute: made }),
    defineStep({ ...basics, id: 'send-gift', title: 'Send a gift', undo: 'keep', execute: made }),
    defineStep({ ...basics, id: 'open-folder', title: 'Open a folder', undo: 'ask', execute: made }),
    defineStep({
      ...basics,
      id: 'fax',
      title: 'Send a fax',
      undo: 'keep',
      retry: { maximumAttempts: 1 },
      execute: async () => {
        throw new StepError({ class: 'unknown_outcome', code: 'lost', message: 'Lost.', nextAction: 'Look.' })
      },
    }),
  ],
})
let engine: Engine
let api: EngineApi

beforeAll(async () => {
  engine = await startEngine({ plugins: [crm.plugin, others] })
  api = await startApiFor(engine)
})
afterAll(async () => {
  await api.close()
  await engine.stop()
})
beforeEach(() => {
  crm.doing = 'works'
  crm.undoing = 'refuses'
  crm.calls.length = 0
})

const send = (id: string, action: string, body: object) =>
  api.send('POST', `/v1/onboardings/${id}/${action}`, body)
const handleOf = (id: string) => engine.client.workflow.getHandle(workflowIdOf({ kind: 'add-account', id }))

/** An onboarding that was cancelled, and waits because undoing a step fails. */
async function stuckInUndoing(): Promise<OnboardingView> {
  const { body } = await api.addAccount(anAccountBody())
  const { id } = body
  const isDone = async () => (await api.send('GET', `/v1/onboardings/${id}`)).body.steps
  await expect
    .poll(isDone)
    .toSatisfy((steps: OnboardingView['steps']) =>
      steps.every(({ id: step, status }) => status === (step === 'fax' ? 'needs_attention' : 'done')),
    )
  expect((await send(id, 'cancel', { undo: { 'open-folder': 'keep' } })).status).toBe(202)
  const undone = async () => (await handleOf(id).query<Progress>(progressQuery)).steps
  await expect
    .poll(undone)
    .toContainEqual(expect.objectContaining({ id: stubbornStep, status: 'needs_attention' }))
  return api.until(id, 'needs_attention')
}

const stays = [
  { step: 'print-badge', why: 'not_undoable', externalReference: 'ref-1' },
  { step: 'send-gift', why: 'kept_by_policy', externalReference: 'ref-1' },
  { step: 'open-folder', why: 'kept_by_choice', title: 'Open a folder' },
  { step: 'fax', why: 'outcome_unknown', message: 'It is not known whether this step took effect.' },
]

describe('undoing that fails', () => {
  test('waits for a person, who has it tried again; what stays is listed, and nothing else', async () => {
    const { id, steps } = await stuckInUndoing()
    expect(steps.find((step) => step.id === stubbornStep)?.error?.code).toBe('crm_keeps_it')
    // Nobody is asked any more about where it was stuck when it was cancelled.
    expect(steps.find((step) => step.id === 'fax')).toMatchObject({
      status: 'pending',
      error: { code: 'lost' },
    })
    expect((await api.send('GET', '/v1/onboardings?step=fax')).body.items).toEqual([])
    crm.undoing = 'works'
    expect((await send(id, 'retry', { step: stubbornStep, reason: 'Mended.' })).status).toBe(202)
    const { notUndone, steps: ended } = await api.until(id, 'cancelled')
    // It was stuck when the run was cancelled, and is kept: nobody decides on it any more.
    expect(ended.find((step) => step.id === 'fax')).toMatchObject({
      status: 'pending',
      error: { code: 'lost' },
    })
    expect(notUndone).toHaveLength(stays.length)
    expect(notUndone).toMatchObject(stays)
  })

  test('is left as it is by whoever has dealt with it, and the rest is undone', async () => {
    const { id, organizationId } = await stuckInUndoing()
    expect((await send(id, 'skip', { step: stubbornStep, reason: 'Deleted by hand.' })).status).toBe(202)
    const { notUndone, steps } = await api.until(id, 'cancelled')
    expect(crm.calls).toEqual(['do ', 'undo'])
    expect(steps.find((step) => step.id === 'create-organization')?.status).toBe('compensated')
    expect((await api.send('GET', `/v1/organizations/${organizationId}`)).status).toBe(404)
    expect(notUndone).toContainEqual({
      step: stubbornStep,
      title: 'Register in the CRM',
      why: 'left_by_person',
      message: expect.any(String),
      externalReference: 'crm-1',
    })
    const { body } = await api.send('GET', `/v1/onboardings/${id}/decisions`)
    expect(body.items).toMatchObject([{ action: 'skip', reason: 'Deleted by hand.' }, { action: 'cancel' }])
  })

  test('is left as it is by a signal, which its page says, with all that stays', async () => {
    const { id } = await stuckInUndoing()
    const details = async () =>
      (await handleOf(id).query<{ currentDetails: string }>('__temporal_workflow_metadata')).currentDetails
    expect((await details()).match(/to leave it as it is and undo the rest/g)).toHaveLength(1)
    await handleOf(id).signal(operations.skip, { step: stubbornStep })
    await expect.poll(details).toContain('A skip must give a reason')
    await handleOf(id).signal(operations.skip, { step: stubbornStep, reason: 'Deleted by hand.' })
    await api.until(id, 'cancelled')
    await expect.poll(details).toContain('**Not undone:**')
    for (const text of [
      'Register in the CRM (`register-in-crm`): Undoing this step failed',
      'Send a gift (`send-gift`): This step is never undone.',
      'Send a fax (`fax`): It is not known whether this step took effect.',
    ])
      expect(await details()).toContain(text)
  })

  test('goes on, and nothing is done anew, where its workflow was lost', async () => {
    const { id } = await stuckInUndoing()
    await handleOf(id).terminate('By hand.')
    crm.undoing = 'works'
    expect((await send(id, 'retry', { step: stubbornStep })).status).toBe(503)
    const { notUndone, steps } = await api.until(id, 'cancelled')
    expect(crm.calls).toEqual(['do ', 'undo', 'undo'])
    expect(notUndone).toMatchObject(stays)
    expect(steps.find((step) => step.id === 'create-organization')?.status).toBe('compensated')
  })

  test('is not skipped without a reason, nor corrected, nor cancelled again', async () => {
    const { id } = await stuckInUndoing()
    expect((await send(id, 'skip', { step: stubbornStep })).status).toBe(422)
    const input = { company: { name: 'Other' } }
    expect((await send(id, 'retry', { step: stubbornStep, input })).body.detail).toContain('being undone')
    expect(await send(id, 'cancel', {})).toMatchObject({
      status: 409,
      body: {
        detail: expect.stringContaining(
          'already ending, so it cannot be cancelled. The last decision was: cancel, by key_',
        ),
      },
    })
  })
})
