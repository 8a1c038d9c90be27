import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { writeDecision } from '../../../domain/decisions/take-decision.ts'
import { StepError } from '../../../plugins/plugin-contract.ts'
import { plannedStep } from '../../builders/planned-step.ts'
import { failureOf, startStepRunner, type StepRunner } from './step-runner.ts'

let runner: StepRunner
let id: string
beforeAll(async () => {
  runner = await startStepRunner()
})
afterAll(() => runner.close())

const row = plannedStep('row', { placement: 'transactional' })
const call = plannedStep('call', { optional: true })
const held = { completionHeld: true }

beforeEach(async () => {
  runner.reset()
  id = await runner.accept([row, call])
})

/** Stores a cancel as the API does, before the run takes it. @returns the id of the decision. */
async function storeCancel(): Promise<string> {
  const decision = { runId: id, action: 'cancel', actor: 'key_test' } as const
  const stored = await writeDecision(runner.db, decision, () => true)
  if (stored === undefined) throw new Error('The decision was not stored.')
  return stored
}
const decisions = () =>
  runner.db.selectFrom('decisions').select(['taken_at', 'refusal']).where('run_id', '=', id).execute()

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
    id = await runner.accept([row])
    await storeCancel()
    const outcome = { done: ['row'], failed: {}, ...held }
    expect(await runner.runInlineSteps()).toEqual(outcome)
    expect(await runner.runInlineSteps()).toEqual(outcome)
  })

  test('by a skip of its last step', async () => {
    await runner.run(row)
    runner.script.set('execute call', () => {
      throw new StepError({ class: 'needs_input', code: 'crm_says_no', message: 'No.', nextAction: 'Ask.' })
    })
    await failureOf(runner.run(call))
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
      throw new StepError({ class: 'retryable', code: 'crm_away', message: 'Away.', nextAction: 'Wait.' })
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
    for (const _ of [1, 2])
      expect(await runner.callActivity('record-ending', { status: 'completed' })).toBe('completed')
    expect(await runner.status()).toBe('completed')
    expect(await decisions()).toEqual([
      { taken_at: null, refusal: 'It was completed before the cancel reached it.' },
    ])
  })

  test('is cancelled when its workflow records the cancel', async () => {
    await storeCancel()
    await runner.run(call)
    expect(await runner.callActivity('record-ending', { status: 'cancelling' })).toBe('cancelling')
    expect(await runner.status()).toBe('cancelling')
  })
})

test('a stored cancel is refused when the request was refused', async () => {
  await storeCancel()
  runner.script.set('execute row', () => {
    throw new StepError({ class: 'terminal', code: 'not_allowed', message: 'No.', nextAction: 'Ask.' })
  })
  await failureOf(runner.run(row))
  expect(await runner.status()).toBe('failed')
  expect(await decisions()).toEqual([
    { taken_at: null, refusal: 'The request was refused before the run received the decision.' },
  ])
})
