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

/** A person cancels; whether the run takes that is not known yet. */
async function askToCancel(): Promise<string> {
  const decision = { runId: id, action: 'cancel', actor: 'key_test' } as const
  const written = await writeDecision(runner.db, decision, () => true)
  if (written === undefined) throw new Error('It was said to be as it was.')
  return written
}
const decisions = () =>
  runner.db.selectFrom('decisions').select(['taken_at', 'refusal']).where('run_id', '=', id).execute()

describe('where a cancel was written down before, a run is not completed by', () => {
  test('an external step that is its last', async () => {
    await runner.run(row)
    await askToCancel()
    expect(await runner.run(call)).toEqual(held)
    expect(await runner.status()).toBe('running')
    expect(await runner.run(call)).toEqual(held)
  })

  test('a transactional step that is its last', async () => {
    await runner.run(call)
    await askToCancel()
    expect(await runner.run(row)).toEqual(held)
    expect(await runner.run(row)).toEqual(held)
    expect(await runner.status()).toBe('running')
  })

  test('its inline steps', async () => {
    await askToCancel()
    expect(await runner.inline()).toEqual({ done: ['row', 'call'], failed: {}, ...held })
    expect(await runner.status()).toBe('running')
  })

  test('its inline steps without a call, tried twice', async () => {
    id = await runner.accept([row])
    await askToCancel()
    const inline = { done: ['row'], failed: {}, ...held }
    expect([await runner.inline(), await runner.inline()]).toEqual([inline, inline])
  })

  test('a skip of its last step', async () => {
    await runner.run(row)
    runner.script.set('execute call', () => {
      throw new StepError({ class: 'needs_input', code: 'crm_says_no', message: 'No.', nextAction: 'Ask.' })
    })
    await failureOf(runner.run(call))
    await askToCancel()
    expect(await runner.decide('skip', call)).toEqual(held)
    expect(await runner.status()).toBe('running')
  })

  test('an attempt whose last commit was not heard of', async () => {
    await runner.run(row)
    await askToCancel()
    runner.script.set('execute call', async () => {
      runner.script.delete('execute call')
      await runner.run(call)
      throw new StepError({ class: 'retryable', code: 'crm_away', message: 'Away.', nextAction: 'Wait.' })
    })
    expect(await runner.run(call)).toEqual(held)
  })
})

test('a step before the last says nothing of it', async () => {
  await askToCancel()
  expect(await runner.run(row)).toBeUndefined()
  expect(await runner.run(row)).toBeUndefined()
})

test('a run is completed at once where nobody cancelled, or that was refused', async () => {
  await runner.run(row)
  const decision = await askToCancel()
  await runner.db.updateTable('decisions').set({ refusal: 'No.' }).where('id', '=', decision).execute()
  expect(await runner.run(call)).toBeUndefined()
  expect(await runner.status()).toBe('completed')
})

describe('a run that was held back', () => {
  beforeEach(async () => {
    await runner.run(row)
  })

  test('is completed when its workflow says so, and the cancel is refused', async () => {
    await askToCancel()
    await runner.run(call)
    for (const _ of [1, 2])
      expect(await runner.tell('record-ending', { status: 'completed' })).toBe('completed')
    expect(await runner.status()).toBe('completed')
    expect(await decisions()).toEqual([
      { taken_at: null, refusal: 'It was completed before the cancel reached it.' },
    ])
  })

  test('is cancelled when its workflow says so', async () => {
    await askToCancel()
    await runner.run(call)
    expect(await runner.tell('record-ending', { status: 'cancelling' })).toBe('cancelling')
    expect(await runner.status()).toBe('cancelling')
  })
})

test('a cancel is refused when the request was', async () => {
  await askToCancel()
  runner.script.set('execute row', () => {
    throw new StepError({ class: 'terminal', code: 'not_allowed', message: 'No.', nextAction: 'Ask.' })
  })
  await failureOf(runner.run(row))
  expect(await runner.status()).toBe('failed')
  expect(await decisions()).toEqual([
    { taken_at: null, refusal: 'The request was refused before the run received the decision.' },
  ])
})
