import { CancelledFailure } from '@temporalio/activity'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ErrorClass } from '../../../domain/errors/error-class.ts'
import { plannedStep } from '../../builders/planned-step.ts'
import { failing, words } from './scripted-plugin.ts'
import { failureOf, startStepRunner, type StepRunner } from './step-runner.ts'

let runner: StepRunner
beforeAll(async () => {
  runner = await startStepRunner()
})
afterAll(() => runner.close())
beforeEach(() => {
  runner.reset()
  runner.log.splice(0)
})

const row = plannedStep('row', { placement: 'transactional' })
const call = plannedStep('call')
const blindCall = plannedStep('blind-call')
const plan = [row, call]

const fail = (step: string, errorClass: ErrorClass) =>
  runner.script.set(`execute ${step}`, failing(errorClass))
const lastTry = { attempt: 3 }
const ownRow = (id: string) =>
  runner.db.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

describe.each([
  ['of our own', row],
  ['of somebody else', call],
])('a failure of a step %s', (_, step) => {
  test.each([
    ['retryable', false, 'retrying', 'running'],
    ['needs_input', true, 'needs_attention', 'needs_attention'],
    ['unknown_outcome', true, 'needs_attention', 'needs_attention'],
  ] as const)('of class %s leads where the class says', async (errorClass, nonRetryable, ofStep, ofRun) => {
    const id = await runner.accept(plan)
    fail(step.id, errorClass)
    expect(await failureOf(runner.run(step))).toMatchObject({
      type: words.code,
      message: words.message,
      nonRetryable,
      nextRetryDelay: undefined,
      details: [{ ...words, class: errorClass, recorded: nonRetryable, refused: false }],
    })
    expect(await runner.ledger(step)).toMatchObject({
      status: ofStep,
      attempts: 1,
      error: { ...words, class: errorClass },
    })
    expect(await ownRow(id)).toMatchObject({
      status: ofRun,
      closed_at: null,
      workflow_run_id: '00000000-0000-0000-0000-000000000000',
    })
  })

  test('that is terminal after another step was done waits for a person', async () => {
    await runner.accept([plannedStep('second-row', { placement: 'transactional' }), step])
    await runner.run(plannedStep('second-row', { placement: 'transactional' }))
    fail(step.id, 'terminal')
    expect(await failureOf(runner.run(step))).toMatchObject({ details: [{ recorded: true, refused: false }] })
    expect(await runner.status()).toBe('needs_attention')
  })

  test('that is terminal while a call is under way, whose outcome nobody knows, waits for a person', async () => {
    await runner.accept([blindCall, step])
    fail('blind-call', 'unknown_outcome')
    await failureOf(runner.run(blindCall))
    fail(step.id, 'terminal')
    expect(await failureOf(runner.run(step))).toMatchObject({ details: [{ refused: false }] })
    expect(await runner.status()).toBe('needs_attention')
  })

  test('needs a person once its attempts are used up, but not before', async () => {
    await runner.accept(plan)
    fail(step.id, 'retryable')
    const next = await failureOf(runner.run(step, { attempt: 2 }))
    expect([next.nonRetryable, (await runner.ledger(step))?.status]).toEqual([false, 'retrying'])
    expect(next.details).toMatchObject([{ recorded: false }])
    const last = await failureOf(runner.run(step, lastTry))
    expect(last).toMatchObject({ nonRetryable: false, details: [{ recorded: true }] })
    expect(await runner.ledger(step)).toMatchObject({ status: 'needs_attention', attempts: 2 })
    expect(await runner.status()).toBe('needs_attention')
  })

  test('is one line in the log, which says whether a person is needed', async () => {
    const id = await runner.accept(plan)
    fail(step.id, 'retryable')
    await failureOf(runner.run(step))
    await failureOf(runner.run(step, lastTry))
    const line = { runId: id, step: step.id, doing: 'execute', ...words, message: words.message }
    expect(runner.log.map((text) => JSON.parse(text))).toMatchObject([
      {
        level: 40,
        msg: 'attempt failed',
        fate: 'tried_again',
        attempts: 1,
        code: line.code,
        step: line.step,
      },
      { level: 50, msg: 'needs attention', attempts: 2, code: line.code, runId: id, doing: 'execute' },
    ])
    expect(JSON.parse(runner.log[1] ?? '')).not.toHaveProperty('fate')
  })

  test("in the workflow's own task is followed by attempts of its own, whatever its number", async () => {
    await runner.accept(plan)
    fail(step.id, 'retryable')
    await failureOf(runner.run(step, { isLocal: true, ...lastTry }))
    expect((await runner.ledger(step))?.status).toBe('retrying')
  })

  test('waits as long as the provider asked for', async () => {
    await runner.accept(plan)
    runner.script.set(`execute ${step.id}`, failing('retryable', { retryAfter: 4_000 }))
    expect((await failureOf(runner.run(step))).nextRetryDelay).toBe(4_000)
  })

  test('that nobody classified is told in words of ours, and logged without its own', async () => {
    const id = await runner.accept(plan)
    runner.script.set(`execute ${step.id}`, () => {
      throw new TypeError('ada@example.com is not a function')
    })
    const failure = await failureOf(runner.run(step))
    expect(failure).toMatchObject({ type: 'unexpected', nonRetryable: false })
    expect(JSON.stringify(failure.details) + runner.log.join()).not.toContain('ada@example.com')
    expect(runner.log.map((line) => JSON.parse(line))).toMatchObject([
      {
        runId: id,
        step: step.id,
        code: 'unexpected',
        errorClass: 'retryable',
        errorName: 'TypeError',
        at: expect.stringMatching(/^at .*failures\.test\.ts/),
      },
    ])
  })

  test('of which nobody knows where it came from is logged without that', async () => {
    await runner.accept(plan)
    for (const stack of [undefined, 'TypeError'])
      runner.script.set(`execute ${step.id}`, () => {
        throw Object.assign(new TypeError('No.'), { stack })
      })
    await failureOf(runner.run(step))
    const line = JSON.parse(runner.log[0] ?? '')
    expect(line).toMatchObject({ code: 'unexpected', errorName: 'TypeError' })
    expect(line).not.toHaveProperty('at')
  })

  test('that is no error at all is one all the same', async () => {
    await runner.accept(plan)
    runner.script.set(`execute ${step.id}`, () => Promise.reject('no'))
    expect((await failureOf(runner.run(step))).type).toBe('unexpected')
    expect(JSON.parse(runner.log[0] ?? '')).not.toHaveProperty('errorName')
  })

  test('of a database that is away is told as that', async () => {
    await runner.accept(plan)
    runner.script.set(`execute ${step.id}`, () => {
      throw Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
    })
    expect(await failureOf(runner.run(step))).toMatchObject({
      type: 'database_unavailable',
      nonRetryable: false,
    })
  })

  test('says which fields to correct', async () => {
    await runner.accept(plan)
    const fields = [{ pointer: '/user/email', message: 'Taken.' }]
    runner.script.set(`execute ${step.id}`, failing('needs_input', { fields }))
    await failureOf(runner.run(step))
    expect((await runner.ledger(step))?.error).toEqual({
      class: 'needs_input',
      ...words,
      fields,
      retry: 'with_correction',
    })
  })

  test('names no fields and no time where there are none', async () => {
    await runner.accept(plan)
    fail(step.id, 'needs_input')
    await failureOf(runner.run(step))
    expect((await runner.ledger(step))?.error).toEqual({
      class: 'needs_input',
      ...words,
      retry: 'as_is',
    })
  })

  test("that is a cancellation of Temporal's is passed on, and not recorded", async () => {
    await runner.accept(plan)
    runner.script.set(`execute ${step.id}`, () => {
      throw new CancelledFailure('The run was cancelled.')
    })
    await expect(runner.run(step)).rejects.toBeInstanceOf(CancelledFailure)
    const run = await runner.ledger(step)
    expect([run?.status, run?.error ?? null]).toEqual(step === call ? ['running', null] : [undefined, null])
  })

  test('does not take a run that is stuck elsewhere out of waiting', async () => {
    await runner.accept([blindCall, step])
    fail('blind-call', 'needs_input')
    await failureOf(runner.run(blindCall))
    fail(step.id, 'retryable')
    await failureOf(runner.run(step))
    expect(await runner.status()).toBe('needs_attention')
  })
})

const failAfter = async (change: { attempt_token: string } | { status: 'done' }) => {
  const id = await runner.accept(plan)
  runner.script.set('execute call', async () => {
    await runner.db.updateTable('step_runs').set(change).where('run_id', '=', id).execute()
    failing('needs_input')()
  })
}

describe('a failure that comes too late', () => {
  test('is left to the run to record when a newer attempt has taken over', async () => {
    await failAfter({ attempt_token: randomUUID() })
    expect((await failureOf(runner.run(call))).details).toMatchObject([{ recorded: false, refused: false }])
    expect(await runner.ledger(call)).toMatchObject({ status: 'running', error: null })
    expect(await runner.status()).toBe('running')
    expect(JSON.parse(runner.log[0] ?? '')).toMatchObject({ fate: 'superseded', attempts: 1 })
  })

  test('is none when the step is known to be done', async () => {
    await failAfter({ status: 'done' })
    await runner.run(call)
    expect(await runner.ledger(call)).toMatchObject({ status: 'done', error: null })
    expect(await runner.status()).toBe('running')
  })
})

test('a step that refuses the request for good ends the run while nothing was done', async () => {
  const id = await runner.accept(plan)
  fail('row', 'terminal')
  expect(await failureOf(runner.run(row))).toMatchObject({
    nonRetryable: true,
    details: [{ class: 'terminal', recorded: true, refused: true }],
  })
  expect(await ownRow(id)).toMatchObject({ status: 'failed', closed_at: expect.any(Date) })
})

test('a step that refuses the request for good ends the run also after another one failed', async () => {
  await runner.accept([row, plannedStep('second-row', { placement: 'transactional' })])
  fail('second-row', 'retryable')
  await failureOf(runner.run(plannedStep('second-row', { placement: 'transactional' })))
  fail('row', 'terminal')
  expect(await failureOf(runner.run(row))).toMatchObject({ details: [{ refused: true }] })
  expect(await runner.status()).toBe('failed')
})

test('a step that waits for a person is not tried, and says again why it waits', async () => {
  await runner.accept(plan)
  fail('row', 'needs_input')
  await failureOf(runner.run(row))
  runner.reset()
  expect(await failureOf(runner.run(row))).toMatchObject({
    type: words.code,
    nonRetryable: true,
    details: [{ ...words, class: 'needs_input', recorded: true, refused: false }],
  })
  await runner.db.updateTable('step_runs').set({ error: null }).execute()
  expect(await failureOf(runner.run(row))).toMatchObject({ type: 'step_waits', nonRetryable: true })
  expect(runner.calls).toEqual([])
})

test('a failure that the ledger could not take says so, and leaves it to the run', async () => {
  await runner.accept(plan)
  const ofNobody = runner.tell('row', { runId: 'onb_of_nobody', step: row }, lastTry)
  const failure = await failureOf(ofNobody)
  expect(failure).toMatchObject({ details: [{ recorded: false, refused: false }] })
  expect(failure.details?.[0]).not.toHaveProperty('attempts')
  expect(JSON.parse(runner.log[0] ?? '')).toMatchObject({ msg: 'attempt failed', fate: 'unrecorded' })
})
