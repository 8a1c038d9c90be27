import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { plannedStep } from '../../builders/planned-step.ts'
import { failing, words } from './scripted-plugin.ts'
import { failureOf, startStepRunner, type StepRunner } from './step-runner.ts'

let runner: StepRunner
let id: string
beforeAll(async () => {
  runner = await startStepRunner()
})
afterAll(() => runner.close())

const row = plannedStep('row', { placement: 'transactional' })
const call = plannedStep('call')
const blindCall = plannedStep('blind-call')
const keptCall = plannedStep('kept-call')
const bill = plannedStep('bill')
const ownBill = plannedStep('bill', { placement: 'transactional' })

beforeEach(async () => {
  runner.reset()
  id = await runner.accept([row, call])
})

/** A call whose answer was lost. */
async function begin(step: typeof call): Promise<void> {
  runner.script.set(`execute ${step.id}`, failing('unknown_outcome'))
  await failureOf(runner.run(step))
  runner.reset()
}
async function done(step: typeof call): Promise<void> {
  await runner.run(step)
  runner.reset()
}
/** As an attempt of another worker does. */
const markUndone = (step: typeof call) =>
  runner.db
    .updateTable('step_runs')
    .set({ status: 'compensated' })
    .where('run_id', '=', id)
    .where('step_id', '=', step.id)
    .execute()
const asked = (what: string) => runner.asked.find((each) => each.what === what)

describe.each([
  ['of our own', row],
  ['of somebody else', call],
  ['placed by our own billing adapter', ownBill],
  ["placed by somebody else's billing adapter", bill],
])('undoing a step %s', (_, step) => {
  const compensate = `compensate ${step.id}`

  test('that is done is noted, and not done twice', async () => {
    await done(step)
    const before = await runner.ledger(step)
    expect(await runner.undo(step)).toBe('compensated')
    expect(await runner.undo(step)).toBe('compensated')
    expect(runner.calls.filter((what) => what === compensate)).toHaveLength(1)
    const after = await runner.ledger(step)
    expect(after).toMatchObject({
      status: 'compensated',
      attempts: 1,
      intentAt: null,
      output: before?.output,
    })
    expect(after?.attemptToken).not.toBe(before?.attemptToken)
  })

  test('is told what the step was given and answered, under a key of its own', async () => {
    await done(step)
    const output = (await runner.ledger(step))?.output
    await runner.undo(step)
    expect(asked(compensate)).toMatchObject({
      context: { runId: id, idempotencyKey: `${id}:${step.id}:1:undo`, retries: 0 },
      input: { company: { name: 'Northwind' } },
      output,
    })
    const inside = asked(compensate)?.context ?? {}
    expect('transaction' in inside).toBe(step.placement === 'transactional')
  })

  test('that never began does nothing', async () => {
    expect(await runner.undo(step)).toBe('kept')
    expect(runner.calls).toEqual([])
    expect(await runner.ledger(step)).toBeUndefined()
  })

  test('that failed before it did anything does nothing', async () => {
    runner.script.set(`execute ${step.id}`, failing('needs_input'))
    await failureOf(runner.run(step))
    expect(await runner.undo(step)).toBe('kept')
    expect(runner.calls).not.toContain(compensate)
    expect((await runner.ledger(step))?.status).toBe('needs_attention')
  })

  test('may answer what the steps that are undone after it have to know', async () => {
    await done(step)
    const answer = step.id === 'row' ? { undoneAs: 'row-0' } : { crmId: 'crm-0' }
    runner.script.set(compensate, () => ({ ...answer, undeclared: 1 }))
    await runner.undo(step)
    expect((await runner.ledger(step))?.output).toEqual(answer)
  })

  test('that goes wrong waits for a person, and is done by a retry', async () => {
    await done(step)
    runner.script.set(compensate, failing('needs_input'))
    expect(await failureOf(runner.undo(step))).toMatchObject({
      type: words.code,
      nonRetryable: true,
      details: [{ recorded: true, refused: false }],
    })
    expect(await runner.ledger(step)).toMatchObject({
      status: 'needs_attention',
      attempts: 2,
      error: { class: 'needs_input', ...words },
    })
    runner.script.clear()
    await runner.decide('retry', step, 'cancelling')
    expect(await runner.status()).toBe('cancelling')
    expect(await runner.undo(step)).toBe('compensated')
    expect(await runner.ledger(step)).toMatchObject({ status: 'compensated', error: null })
  })

  test('that fails has not failed when another attempt has undone it meanwhile', async () => {
    await done(step)
    runner.script.set(compensate, async () => {
      await markUndone(step)
      return failing('needs_input')()
    })
    expect(await runner.undo(step)).toBe('compensated')
    expect((await runner.ledger(step))?.status).toBe('compensated')
  })

  test('may be tried again whatever it says, and never ends the run as refused', async () => {
    await done(step)
    for (const errorClass of ['needs_input', 'terminal'] as const) {
      runner.script.set(compensate, failing(errorClass, { fields: [{ pointer: '/x', message: 'No.' }] }))
      expect(await failureOf(runner.undo(step))).toMatchObject({
        details: [{ class: errorClass, retry: 'as_is', recorded: true, refused: false }],
      })
      expect(await runner.status()).toBe('needs_attention')
    }
  })

  test('that answers something else than it declares does not count as undone', async () => {
    await done(step)
    runner.script.set(compensate, () => ({ crmId: 7, organizationId: 7 }))
    expect(await failureOf(runner.undo(step))).toMatchObject({
      type: 'unusable_step_output',
      nonRetryable: false,
    })
    expect((await runner.ledger(step))?.status).toBe('retrying')
  })

  test('waits for a worker that has it when it was done', async () => {
    await done(step)
    const elsewhere = { ...step, version: 2 }
    expect(await failureOf(runner.undo(elsewhere))).toMatchObject({ type: 'step_missing' })
    expect(runner.calls).toEqual([])
  })
})

test('a refusal while undoing is for a person, even when nothing else was done', async () => {
  await begin(call)
  runner.script.set('lookup call', failing('terminal'))
  expect(await failureOf(runner.undo(call))).toMatchObject({ details: [{ recorded: true, refused: false }] })
  expect(await runner.status()).toBe('needs_attention')
})

test('a step that nobody can undo is kept', async () => {
  await done(keptCall)
  expect(await runner.undo(keptCall)).toBe('kept')
  expect((await runner.ledger(keptCall))?.status).toBe('done')
})

test('a step that never began is kept by a worker that does not have it', async () => {
  expect(await runner.undo(plannedStep('elsewhere'))).toBe('kept')
})

describe('undoing a call whose answer was lost', () => {
  test.each(['happened', 'either'])('undoes what the look-up found: %s', async (outcome) => {
    await begin(call)
    runner.script.set('lookup call', () => ({ outcome, result: { output: { crmId: 'found' } } }))
    expect(await runner.undo(call)).toBe('compensated')
    expect(runner.calls).toEqual(['lookup call', 'compensate call'])
    expect(asked('compensate call')?.output).toEqual({ crmId: 'found' })
    expect(asked('lookup call')).toMatchObject({
      context: { idempotencyKey: `${id}:call:1` },
      input: { company: { name: 'Northwind' } },
    })
  })

  test('does nothing when it never arrived', async () => {
    await begin(call)
    expect(await runner.undo(call)).toBe('kept')
    expect(runner.calls).toEqual(['lookup call'])
    expect(await runner.ledger(call)).toMatchObject({
      status: 'pending',
      attempts: 1,
      intentAt: null,
      output: null,
      error: { class: 'unknown_outcome' },
    })
  })

  test('is left to a person when nobody can tell', async () => {
    id = await runner.accept([row, blindCall])
    await begin(blindCall)
    const failure = await failureOf(runner.undo(blindCall))
    expect(failure).toMatchObject({ type: 'undo_outcome_unknown', nonRetryable: true })
    expect(await runner.ledger(blindCall)).toMatchObject({
      status: 'needs_attention',
      intentAt: expect.any(Date),
      error: { class: 'unknown_outcome' },
    })
    await runner.decide('retry', blindCall, 'cancelling')
    expect(await runner.undo(blindCall)).toBe('kept')
    expect(runner.calls).toEqual([])
  })

  test('is left to a person when the look-up does not know', async () => {
    await begin(call)
    runner.script.set('lookup call', () => ({ outcome: 'unknown' }))
    expect((await failureOf(runner.undo(call))).type).toBe('undo_outcome_unknown')
  })

  test('looks nothing up for a step whose output is known', async () => {
    await done(call)
    await runner.undo(call)
    expect(runner.calls).toEqual(['compensate call'])
  })
})

describe("the rows of ours that go with somebody else's effect", () => {
  test.each([
    ['in one transaction with it', ownBill],
    ['once it is undone', bill],
  ])('are taken back %s', async (_, step) => {
    await done(step)
    await runner.undo(step)
    expect(runner.calls).toEqual(['compensate bill', 'unrecord bill'])
    expect(asked('unrecord bill')).toMatchObject({
      input: { company: { name: 'Northwind' } },
      output: { crmId: 'crm-1' },
    })
    expect(asked('unrecord bill')?.context).toHaveProperty('transaction')
  })
})

test.each([
  ['of our own', plannedStep('bare-bill', { placement: 'transactional' })],
  ["of somebody else's", plannedStep('bare-bill')],
])('a step without rows of ours beside its effect is undone: %s', async (_, step) => {
  await done(step)
  expect(await runner.undo(step)).toBe('compensated')
  expect(runner.calls).toEqual(['compensate bare-bill'])
})

test('a step that is undone knows what those undone before it answered, and nothing of what is stuck', async () => {
  await runner.run(row)
  await runner.run(call)
  runner.script.set('compensate call', () => ({ crmId: 'crm-0' }))
  await runner.undo(call)
  await runner.undo(row)
  expect(asked('compensate row')?.input).toMatchObject({ crmId: 'crm-0' })

  id = await runner.accept([row, call])
  await runner.run(row)
  await done(call)
  runner.script.set('compensate call', failing('unknown_outcome'))
  await failureOf(runner.undo(call))
  await runner.undo(row)
  expect(asked('compensate row')?.input).not.toHaveProperty('crmId')
})

test('an attempt at undoing that wakes up when its run is over changes nothing any more', async () => {
  await done(bill)
  await runner.tell('record-ending', { status: 'cancelling' })
  runner.script.set('compensate bill', async () => {
    runner.script.delete('compensate bill')
    await runner.undo(bill)
    await runner.tell('record-ending', { status: 'cancelled' })
  })
  expect(await runner.undo(bill)).toBe('compensated')
  expect(runner.calls).toEqual(['compensate bill', 'compensate bill', 'unrecord bill'])
  expect(await runner.status()).toBe('cancelled')
})

test.each([
  ['an external step in our transaction', call, plannedStep('call', { placement: 'transactional' })],
  ['a transactional one outside of it', row, plannedStep('row')],
])('a plan that asks for undoing %s is not followed', async (_, real, wrong) => {
  await done(real)
  expect((await failureOf(runner.undo(wrong))).type).toBe('unexpected')
  expect(runner.calls).toEqual([])
})

test('an attempt that wakes up after it was undone says nothing any more', async () => {
  runner.script.set('execute call', async () => {
    runner.script.set('lookup call', () => ({ outcome: 'happened', result: { output: { crmId: 'found' } } }))
    await runner.undo(call)
    return { output: { crmId: 'late' } }
  })
  expect((await failureOf(runner.run(call))).type).toBe('attempt_superseded')
  expect(await runner.ledger(call)).toMatchObject({ status: 'compensated' })
})
