import { beforeEach, describe, expect, test } from 'vitest'
import type { TakenDecision } from '../../../domain/decisions/decision.ts'
import { type NewDecision, writeDecision } from '../../../domain/decisions/take-decision.ts'
import { plannedStep } from '../../builders/planned-step.ts'
import { call, errorText, keptCall, row } from './scripted-plugin.ts'
import { failureOf, startStepRunnerForFile } from './step-runner.ts'

const runner = await startStepRunnerForFile([row, call])

const noRun = '00000000-0000-0000-0000-000000000000'

beforeEach(async () => {
  await runner.run(row)
  await runner.getStuck(call, 'unknown_outcome')
})

/** Stores a decision as the API does. @returns the decision as a run takes it. */
async function store(decision: Partial<NewDecision> & Pick<NewDecision, 'action'>): Promise<TakenDecision> {
  const stored = await writeDecision(
    runner.db,
    { runId: runner.runId, actor: 'key_test', stepId: 'call', ...decision },
    () => true,
  )
  return { action: decision.action, id: stored ?? '', source: 'api', number: 1 }
}
const take = (activity: string, decision: TakenDecision, more: object = {}) =>
  runner.callActivity(activity, { stepId: 'call', phase: 'running', ...more }, {}, decision)
const signalled = (action: TakenDecision['action']): TakenDecision => ({
  action,
  source: 'signal',
  number: 3,
  step: 'call',
  actor: 'Ada',
  reason: 'Because.',
})
const decisions = () =>
  runner.db
    .selectFrom('decisions')
    .selectAll()
    .where('run_id', '=', runner.runId)
    .orderBy('decided_at')
    .execute()

describe('a stored decision', () => {
  test('to retry is taken for the present revision of the step', async () => {
    await take('record-retry', await store({ action: 'retry' }))
    expect(await decisions()).toMatchObject([
      { action: 'retry', taken_at: expect.any(Date), revision: 1, changes: [], source: 'api' },
    ])
    expect(await runner.entry(call)).toMatchObject({ status: 'pending', revision: 1, attempts: 1 })
  })

  test('to skip is taken for the present revision of the step', async () => {
    await take('record-skip', await store({ action: 'skip', reason: 'Not needed.' }))
    expect(await decisions()).toMatchObject([{ action: 'skip', taken_at: expect.any(Date), revision: 1 }])
    expect(await runner.status()).toBe('completed')
  })

  test('to cancel is taken, and the decisions that the run did not take are refused', async () => {
    const retry = await store({ action: 'retry' })
    await take('record-ending', await store({ action: 'cancel', stepId: undefined }), {
      status: 'cancelling',
    })
    expect(await decisions()).toMatchObject([
      { id: retry.id, taken_at: null, refusal: 'The run was cancelled before it received the decision.' },
      { action: 'cancel', taken_at: expect.any(Date), refusal: null },
    ])
  })

  test('to retry with a correction makes one new revision, without an intent', async () => {
    const changes = [{ pointer: '/company/name', old: 'Northwind', new: 'Fabrikam' }]
    const decision = await store({ action: 'retry', changes })
    await take('record-retry', decision)
    // Temporal may run the activity twice. The second time makes no further revision.
    await take('record-retry', decision)
    expect(await runner.entry(call)).toMatchObject({
      status: 'pending',
      revision: 2,
      attempts: 0,
      intentAt: null,
      error: null,
    })
    expect(await decisions()).toMatchObject([{ changes, revision: 2, taken_at: expect.any(Date) }])
    expect(await runner.status()).toBe('running')
    await runner.run(call)
    expect(runner.calls).toEqual(['execute call'])
    expect(runner.argumentsOf('execute call')).toMatchObject({
      context: { idempotencyKey: `${runner.runId}:call:2` },
      input: { company: { name: 'Fabrikam' } },
    })
  })
})

describe('a decision that came by a signal', () => {
  test.each(['retry', 'skip'] as const)('to %s is stored once, when it is taken', async (action) => {
    for (const _ of [1, 2]) await take(`record-${action}`, signalled(action))
    expect(await decisions()).toMatchObject([
      {
        action,
        step_id: 'call',
        source: 'signal',
        signal_key: `${noRun} 3`,
        actor: 'Ada',
        reason: 'Because.',
        revision: 1,
        changes: [],
        taken_at: expect.any(Date),
      },
    ])
    expect((await runner.entry(call))?.revision).toBe(1)
  })

  test('on a step that never began has no revision', async () => {
    await take('record-skip', signalled('skip'), { stepId: 'blind-call' })
    expect(await decisions()).toMatchObject([{ revision: null }])
  })
})

describe('a late second attempt to record a decision', () => {
  const cancel = { status: 'cancelling', stepId: undefined }

  test.each(['api', 'signal'] as const)(
    'from the %s does not retry a step that got stuck again',
    async (source) => {
      const decision: TakenDecision =
        source === 'api' ? await store({ action: 'retry' }) : { action: 'retry', source, number: 1 }
      await take('record-retry', decision)
      runner.script.set('lookup call', () => ({ outcome: 'unknown' }))
      await failureOf(runner.run(call))
      await take('record-retry', decision)
      expect((await runner.entry(call))?.status).toBe('needs_attention')
      expect(await runner.status()).toBe('needs_attention')
    },
  )

  test('to cancel leaves a stuck undoing stuck', async () => {
    const decision = await store({ action: 'cancel', stepId: undefined })
    expect(await take('record-ending', decision, cancel)).toBe('cancelling')
    runner.script.set('lookup call', () => ({ outcome: 'unknown' }))
    await failureOf(runner.undo(call))
    expect(await take('record-ending', decision, cancel)).toBe('cancelling')
    expect((await runner.entry(call))?.status).toBe('needs_attention')
    expect(await runner.status()).toBe('needs_attention')
  })

  test('to skip changes nothing once the run is being cancelled', async () => {
    await runner.accept([row, call, keptCall])
    await runner.getStuck(call, 'unknown_outcome')
    const skip = await store({ action: 'skip', reason: 'Not needed.' })
    await take('record-skip', skip)
    await take('record-ending', await store({ action: 'cancel', stepId: undefined }), cancel)
    await take('record-skip', skip)
    expect(await runner.status()).toBe('cancelling')
  })

  test('is told apart from the attempt to record the same decision for another step', async () => {
    await runner.accept([keptCall, call])
    await runner.getStuck(call, 'unknown_outcome')
    await runner.getStuck(keptCall)
    for (const decision of [
      await store({ action: 'retry', stepId: undefined }),
      { action: 'retry', source: 'signal', number: 2 } as const,
    ]) {
      for (const stepId of ['call', 'kept-call']) {
        await runner.callActivity('record-attention', {
          stepId,
          failure: { code: 'x', class: 'needs_input' },
        })
        await take('record-retry', decision, { stepId })
        expect((await runner.entry(plannedStep(stepId)))?.status).toBe('pending')
      }
    }
    expect(await decisions()).toHaveLength(2)
  })
})

test('a stuck step is pending after a cancel, and keeps its error and its intent', async () => {
  await take('record-ending', await store({ action: 'cancel', stepId: undefined }), { status: 'cancelling' })
  expect(await runner.entry(call)).toMatchObject({
    status: 'pending',
    attempts: 1,
    intentAt: expect.any(Date),
    error: { code: errorText.code },
  })
  expect((await runner.entry(row))?.status).toBe('done')
})
