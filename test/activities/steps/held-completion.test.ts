import { beforeEach, describe, expect, test } from 'vitest'
import { writeDecision } from '../../../domain/decisions/take-decision.ts'
import { call, failing, row } from './scripted-plugin.ts'
import { startStepRunnerForFile } from './step-runner.ts'

const runner = await startStepRunnerForFile([row, call])

const held = { completionHeld: true }

/** Stores a cancel as the API does, before the run takes it. @returns the id of the decision. */
async function storeCancel(): Promise<string> {
  const decision = { runId: runner.runId, action: 'cancel', actor: 'key_test' } as const
  const stored = await writeDecision(runner.db, decision, () => true)
  if (stored === undefined) throw new Error('The decision was not stored.')
  return stored
}
const decisions = () =>
  runner.db
    .selectFrom('decisions')
    .select(['taken_at', 'refusal'])
    .where('run_id', '=', runner.runId)
    .execute()

describe('a run with a stored cancel is not completed', () => {
  test('by an external step that is its last', async () => {
    await runner.run(row)
    await storeCancel()
    expect(await runner.run(call)).toEqual(held)
    expect(await runner.status()).toBe('running')
    expect(await runner.run(call)).toEqual(held)
  })

  test('by a transactional step that is its last', async () => {
    await runner.run(call)
    await storeCancel()
    expect(await runner.run(row)).toEqual(held)
    expect(await runner.run(row)).toEqual(held)
    expect(await runner.status()).toBe('running')
  })

  test('by its inline steps', async () => {
    await storeCancel()
    expect(await runner.runInlineSteps()).toEqual({ done: ['row', 'call'], failed: {}, ...held })
    expect(await runner.status()).toBe('running')
  })

  test('by transactional inline steps, also when they run twice', async () => {
    await runner.accept([row])
    await storeCancel()
    const outcome = { done: ['row'], failed: {}, ...held }
    expect(await runner.runInlineSteps()).toEqual(outcome)
    expect(await runner.runInlineSteps()).toEqual(outcome)
  })

  test('by a skip of its last step', async () => {
    await runner.run(row)
    await runner.getStuck(call)
    await storeCancel()
    expect(await runner.decide('skip', call)).toEqual(held)
    expect(await runner.status()).toBe('running')
  })

  test('by an attempt that fails after another attempt did its last step', async () => {
    await runner.run(row)
    await storeCancel()
    runner.script.set('execute call', async () => {
      runner.script.delete('execute call')
      await runner.run(call)
      failing('retryable')()
    })
    expect(await runner.run(call)).toEqual(held)
  })
})

test('a step before the last one does not hold the completion', async () => {
  await storeCancel()
  expect(await runner.run(row)).toBeUndefined()
  expect(await runner.run(row)).toBeUndefined()
})

test('a run whose stored cancel was refused is completed by its last step', async () => {
  await runner.run(row)
  const decision = await storeCancel()
  await runner.db.updateTable('decisions').set({ refusal: 'No.' }).where('id', '=', decision).execute()
  expect(await runner.run(call)).toBeUndefined()
  expect(await runner.status()).toBe('completed')
})

describe('a run whose completion is held', () => {
  beforeEach(async () => {
    await runner.run(row)
  })

  test('is completed when its workflow records the completion, and the cancel is refused', async () => {
    await storeCancel()
    await runner.run(call)
    for (const _ of [1, 2]) expect(await runner.recordEnding('completed')).toBe('completed')
    expect(await runner.status()).toBe('completed')
    expect(await decisions()).toEqual([
      { taken_at: null, refusal: 'It was completed before the cancel reached it.' },
    ])
  })

  test('is cancelled when its workflow records the cancel', async () => {
    await storeCancel()
    await runner.run(call)
    expect(await runner.recordEnding('cancelling')).toBe('cancelling')
    expect(await runner.status()).toBe('cancelling')
  })
})

test('a stored cancel is refused when the request was refused', async () => {
  await storeCancel()
  await runner.getStuck(row, 'terminal')
  expect(await runner.status()).toBe('failed')
  expect(await decisions()).toEqual([
    { taken_at: null, refusal: 'The request was refused before the run received the decision.' },
  ])
})
