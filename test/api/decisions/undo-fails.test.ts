import { beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { OnboardingView } from '../../../api/runs/onboarding-schemas.ts'
import { definePlugin, defineStep, StepError } from '../../../plugins/plugin-contract.ts'
import { createOrganization } from '../../../plugins/accounts/create-organization.ts'
import { decisionNames, type Progress, progressQuery } from '../../../workflows/contract.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { stubborn, stubbornStep } from '../../stack/stubborn-step.ts'
import { currentDetailsOf, decisionsOn, workflowOf } from '../runs/run-calls.ts'

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
const undoable = { undo: 'undo', compensate: async () => undefined } as const
/**
 * Makes a plug-in with a step of each undo policy, and one that gets stuck, so that the run stays open for a cancel.
 * @param badge whether a badge can be undone. The run plan says so, and a later release may not be able to.
 */
const others = (badge: { undo: 'keep' } | typeof undoable) =>
  definePlugin({
    name: 'others',
    steps: [
      defineStep({ ...basics, id: 'print-badge', title: 'Print a badge', execute: made, ...badge }),
      defineStep({ ...basics, id: 'send-gift', title: 'Send a gift', undo: 'keep', execute: made }),
      defineStep({
        ...basics,
        ...undoable,
        id: 'open-folder',
        title: 'Open a folder',
        undo: 'ask',
        execute: made,
      }),
      defineStep({
        ...basics,
        id: 'fax',
        title: 'Send a fax',
        undo: 'keep',
        retry: { maximumAttempts: 1 },
        execute: async () => {
          throw new StepError({
            class: 'unknown_outcome',
            code: 'lost',
            message: 'Lost.',
            nextAction: 'Look.',
          })
        },
      }),
    ],
  })

const { engine, api } = await startEngineForFile({
  plugins: [crm.plugin, others(undoable)],
  workerPlugins: [crm.plugin, others({ undo: 'keep' })],
})
beforeEach(() => {
  crm.doing = 'works'
  crm.undoing = 'refuses'
  crm.calls.length = 0
})

const send = (id: string, action: string, body: object) => api.post(`/v1/onboardings/${id}/${action}`, body)

/** Cancels an onboarding and waits until the undo of a step is stuck. */
async function stuckInUndo(): Promise<OnboardingView> {
  const { body } = await api.addAccount(anAccountBody())
  const { id } = body
  const isDone = async () => (await api.get(`/v1/onboardings/${id}`)).body.steps
  await expect
    .poll(isDone)
    .toSatisfy((steps: OnboardingView['steps']) =>
      steps.every(({ id: step, status }) => status === (step === 'fax' ? 'needs_attention' : 'done')),
    )
  expect((await send(id, 'cancel', { undo: { 'open-folder': 'keep' } })).status).toBe(202)
  const undone = async () => (await workflowOf(engine, id).query<Progress>(progressQuery)).steps
  const stuck = expect.objectContaining({ id: stubbornStep, status: 'needs_attention' })
  await expect.poll(undone).toContainEqual(stuck)
  return api.until(id, 'needs_attention')
}

const expectedNotUndone = [
  { step: 'print-badge', why: 'not_undoable', externalReference: 'ref-1' },
  { step: 'send-gift', why: 'kept_by_policy', externalReference: 'ref-1' },
  { step: 'open-folder', why: 'kept_by_choice', title: 'Open a folder' },
  { step: 'fax', why: 'outcome_unknown', message: 'It is not known whether this step took effect.' },
]

describe('An undo that fails', () => {
  test('A failed undo needs attention until a retry undoes the step, and `notUndone` lists exactly what stays', async () => {
    const { id, steps } = await stuckInUndo()
    expect(steps.find((step) => step.id === stubbornStep)?.error?.code).toBe('crm_keeps_it')
    // The step that was stuck at the cancel needs no decision any more.
    const pending = { status: 'pending', error: { code: 'lost' } }
    expect(steps.find((step) => step.id === 'fax')).toMatchObject(pending)
    expect((await api.get('/v1/onboardings?step=fax')).body.items).toEqual([])
    crm.undoing = 'works'
    expect((await send(id, 'retry', { step: stubbornStep, reason: 'Mended.' })).status).toBe(202)
    const { notUndone, steps: ended } = await api.until(id, 'cancelled')
    // The step that was stuck at the cancel stays as it was.
    expect(ended.find((step) => step.id === 'fax')).toMatchObject(pending)
    expect(notUndone).toHaveLength(expectedNotUndone.length)
    expect(notUndone).toMatchObject(expectedNotUndone)
  })

  test('A skip leaves the step as it is and undoes the rest', async () => {
    const { id, organizationId } = await stuckInUndo()
    expect((await send(id, 'skip', { step: stubbornStep, reason: 'Deleted by hand.' })).status).toBe(202)
    const { notUndone, steps } = await api.until(id, 'cancelled')
    expect(crm.calls).toEqual(['do ', 'undo'])
    expect(steps.find((step) => step.id === 'create-organization')?.status).toBe('compensated')
    expect((await api.get(`/v1/organizations/${organizationId}`)).status).toBe(404)
    expect(notUndone).toContainEqual({
      step: stubbornStep,
      title: 'Register in the CRM',
      why: 'left_by_person',
      message: expect.any(String),
      externalReference: 'crm-1',
    })
    expect(await decisionsOn(api, id)).toMatchObject([
      { action: 'skip', reason: 'Deleted by hand.' },
      { action: 'cancel' },
    ])
  })

  test('A skip by signal leaves the step as it is, and the page of the run lists what stays', async () => {
    const { id } = await stuckInUndo()
    const details = async () => currentDetailsOf(workflowOf(engine, id))
    const leave = /the step is left as it is, and the other steps are undone/g
    expect((await details()).match(leave)).toHaveLength(1)
    await workflowOf(engine, id).signal(decisionNames.skip, { step: stubbornStep })
    await expect.poll(details).toContain('A skip must give a reason')
    const skip = { step: stubbornStep, reason: 'Deleted by hand.' }
    await workflowOf(engine, id).signal(decisionNames.skip, skip)
    await api.until(id, 'cancelled')
    await expect.poll(details).toContain('**Not undone:**')
    for (const text of [
      'Register in the CRM (`register-in-crm`): Undoing this step failed',
      'Send a gift (`send-gift`): This step is never undone.',
      'Send a fax (`fax`): It is not known whether this step took effect.',
    ])
      expect(await details()).toContain(text)
  })

  test('An undo goes on after its workflow was terminated, and does no step again', async () => {
    const { id } = await stuckInUndo()
    await workflowOf(engine, id).terminate('By hand.')
    crm.undoing = 'works'
    expect((await send(id, 'retry', { step: stubbornStep })).status).toBe(503)
    const { notUndone, steps } = await api.until(id, 'cancelled')
    expect(crm.calls).toEqual(['do ', 'undo', 'undo'])
    expect(notUndone).toMatchObject(expectedNotUndone)
    expect(steps.find((step) => step.id === 'create-organization')?.status).toBe('compensated')
  })

  test('A failed undo can not be skipped without a reason, corrected, or cancelled again', async () => {
    const { id } = await stuckInUndo()
    expect((await send(id, 'skip', { step: stubbornStep })).status).toBe(422)
    const input = { company: { name: 'Other' } }
    expect((await send(id, 'retry', { step: stubbornStep, input })).body.detail).toContain('being undone')
    const { status, body } = await send(id, 'cancel', {})
    expect(status).toBe(409)
    const ending = 'already ending, so it cannot be cancelled. The last decision was: cancel, by key_'
    expect(body.detail).toContain(ending)
  })
})
