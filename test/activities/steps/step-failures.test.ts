import { CancelledFailure } from '@temporalio/activity'
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { ErrorClass } from '../../../domain/errors/error-class.ts'
import { plannedStep } from '../../builders/planned-step.ts'
import { blindCall, call, errorText, failing, row } from './scripted-plugin.ts'
import { failureOf, startStepRunnerForFile } from './step-runner.ts'

const runner = await startStepRunnerForFile([row, call])
const fail = (step: string, errorClass: ErrorClass) =>
  runner.script.set(`execute ${step}`, failing(errorClass))
const secondRow = plannedStep('second-row', { placement: 'transactional' })
const lastAttempt = { attempt: 3 }

describe.each([
  ['a transactional', row],
  ['an external', call],
])('a failure of %s step', (_, step) => {
  test.each([
    ['retryable', false, 'retrying', 'running'],
    ['needs_input', true, 'needs_attention', 'needs_attention'],
    ['unknown_outcome', true, 'needs_attention', 'needs_attention'],
  ] as const)(
    'of class %s sets nonRetryable: %s, step status %s and run status %s',
    async (errorClass, nonRetryable, stepStatus, runStatus) => {
      fail(step.id, errorClass)
      expect(await failureOf(runner.run(step))).toMatchObject({
        type: errorText.code,
        message: errorText.message,
        nonRetryable,
        nextRetryDelay: undefined,
        details: [{ ...errorText, class: errorClass, recorded: nonRetryable, refused: false }],
      })
      expect(await runner.entry(step)).toMatchObject({
        status: stepStatus,
        attempts: 1,
        error: { ...errorText, class: errorClass },
      })
      expect(await runner.runRow()).toMatchObject({
        status: runStatus,
        closed_at: null,
        workflow_run_id: '00000000-0000-0000-0000-000000000000',
      })
    },
  )

  test('that is terminal waits for a person when another step is done', async () => {
    await runner.accept([secondRow, step])
    await runner.run(secondRow)
    fail(step.id, 'terminal')
    expect(await failureOf(runner.run(step))).toMatchObject({ details: [{ recorded: true, refused: false }] })
    expect(await runner.status()).toBe('needs_attention')
  })

  test('that is terminal waits for a person when the outcome of another step is unknown', async () => {
    await runner.accept([blindCall, step])
    fail('blind-call', 'unknown_outcome')
    await failureOf(runner.run(blindCall))
    fail(step.id, 'terminal')
    expect(await failureOf(runner.run(step))).toMatchObject({ details: [{ refused: false }] })
    expect(await runner.status()).toBe('needs_attention')
  })

  test('needs a person only after the last attempt of the step', async () => {
    fail(step.id, 'retryable')
    const next = await failureOf(runner.run(step, { attempt: 2 }))
    expect([next.nonRetryable, (await runner.entry(step))?.status]).toEqual([false, 'retrying'])
    expect(next.details).toMatchObject([{ recorded: false }])
    const last = await failureOf(runner.run(step, lastAttempt))
    expect(last).toMatchObject({ nonRetryable: false, details: [{ recorded: true }] })
    expect(await runner.entry(step)).toMatchObject({ status: 'needs_attention', attempts: 2 })
    expect(await runner.status()).toBe('needs_attention')
  })

  test('is one line in the log, with a higher level when a person is needed', async () => {
    fail(step.id, 'retryable')
    await failureOf(runner.run(step))
    await failureOf(runner.run(step, lastAttempt))
    expect(runner.log.map((line) => JSON.parse(line))).toMatchObject([
      {
        level: 40,
        msg: 'attempt failed',
        fate: 'tried_again',
        attempts: 1,
        code: errorText.code,
        step: step.id,
      },
      {
        level: 50,
        msg: 'needs attention',
        attempts: 2,
        code: errorText.code,
        runId: runner.runId,
        doing: 'execute',
      },
    ])
    expect(JSON.parse(runner.log[1] ?? '')).not.toHaveProperty('fate')
  })

  test('of an inline step never uses up the attempts, because its own activity tries it again', async () => {
    fail(step.id, 'retryable')
    await failureOf(runner.run(step, { isLocal: true, ...lastAttempt }))
    expect((await runner.entry(step))?.status).toBe('retrying')
  })

  test('delays the next attempt as long as the provider asks for', async () => {
    runner.script.set(`execute ${step.id}`, failing('retryable', { retryAfter: 4_000 }))
    expect((await failureOf(runner.run(step))).nextRetryDelay).toBe(4_000)
  })

  test('that is not a StepError has the code `unexpected`, and its text is neither returned nor logged', async () => {
    runner.script.set(`execute ${step.id}`, () => {
      throw new TypeError('ada@example.com is not a function')
    })
    const failure = await failureOf(runner.run(step))
    expect(failure).toMatchObject({ type: 'unexpected', nonRetryable: false })
    expect(JSON.stringify(failure.details) + runner.log.join()).not.toContain('ada@example.com')
    expect(runner.log.map((line) => JSON.parse(line))).toMatchObject([
      {
        runId: runner.runId,
        step: step.id,
        code: 'unexpected',
        errorClass: 'retryable',
        errorName: 'TypeError',
        at: expect.stringMatching(/^at .*failures\.test\.ts/),
      },
    ])
  })

  test('without a stack is logged without a place', async () => {
    for (const stack of [undefined, 'TypeError'])
      runner.script.set(`execute ${step.id}`, () => {
        throw Object.assign(new TypeError('No.'), { stack })
      })
    await failureOf(runner.run(step))
    const line = JSON.parse(runner.log[0] ?? '')
    expect(line).toMatchObject({ code: 'unexpected', errorName: 'TypeError' })
    expect(line).not.toHaveProperty('at')
  })

  test('that is not an Error has the code `unexpected`', async () => {
    runner.script.set(`execute ${step.id}`, () => Promise.reject('no'))
    expect((await failureOf(runner.run(step))).type).toBe('unexpected')
    expect(JSON.parse(runner.log[0] ?? '')).not.toHaveProperty('errorName')
  })

  test('to connect to the database has a code of its own', async () => {
    runner.script.set(`execute ${step.id}`, () => {
      throw Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
    })
    expect(await failureOf(runner.run(step))).toMatchObject({
      type: 'database_unavailable',
      nonRetryable: false,
    })
  })

  test('names the fields to correct', async () => {
    const fields = [{ pointer: '/user/email', message: 'Taken.' }]
    runner.script.set(`execute ${step.id}`, failing('needs_input', { fields }))
    await failureOf(runner.run(step))
    expect((await runner.entry(step))?.error).toEqual({
      class: 'needs_input',
      ...errorText,
      fields,
      retry: 'with_correction',
    })
  })

  test('names no fields and no delay when the error has none', async () => {
    fail(step.id, 'needs_input')
    await failureOf(runner.run(step))
    expect((await runner.entry(step))?.error).toEqual({
      class: 'needs_input',
      ...errorText,
      retry: 'as_is',
    })
  })

  test("that is Temporal's cancellation is passed on and not recorded", async () => {
    runner.script.set(`execute ${step.id}`, () => {
      throw new CancelledFailure('The run was cancelled.')
    })
    await expect(runner.run(step)).rejects.toBeInstanceOf(CancelledFailure)
    const entry = await runner.entry(step)
    expect([entry?.status, entry?.error ?? null]).toEqual(
      step === call ? ['running', null] : [undefined, null],
    )
  })

  test('leaves a run with another stuck step in needs_attention', async () => {
    await runner.accept([blindCall, step])
    fail('blind-call', 'needs_input')
    await failureOf(runner.run(blindCall))
    fail(step.id, 'retryable')
    await failureOf(runner.run(step))
    expect(await runner.status()).toBe('needs_attention')
  })
})

const failAfter = (change: { attempt_token: string } | { status: 'done' }) =>
  runner.script.set('execute call', async () => {
    await runner.updateSteps(change)
    failing('needs_input')()
  })

describe('a late failure', () => {
  test('is not recorded by the attempt when a newer attempt began', async () => {
    failAfter({ attempt_token: randomUUID() })
    expect((await failureOf(runner.run(call))).details).toMatchObject([{ recorded: false, refused: false }])
    expect(await runner.entry(call)).toMatchObject({ status: 'running', error: null })
    expect(await runner.status()).toBe('running')
    expect(JSON.parse(runner.log[0] ?? '')).toMatchObject({ fate: 'superseded', attempts: 1 })
  })

  test('is no failure when the step is recorded as done', async () => {
    failAfter({ status: 'done' })
    await runner.run(call)
    expect(await runner.entry(call)).toMatchObject({ status: 'done', error: null })
    expect(await runner.status()).toBe('running')
  })
})

test('a terminal failure ends the run as failed when no step is done', async () => {
  fail('row', 'terminal')
  expect(await failureOf(runner.run(row))).toMatchObject({
    nonRetryable: true,
    details: [{ class: 'terminal', recorded: true, refused: true }],
  })
  expect(await runner.runRow()).toMatchObject({ status: 'failed', closed_at: expect.any(Date) })
})

test('a terminal failure ends the run as failed also after another step failed', async () => {
  await runner.accept([row, secondRow])
  fail('second-row', 'retryable')
  await failureOf(runner.run(secondRow))
  fail('row', 'terminal')
  expect(await failureOf(runner.run(row))).toMatchObject({ details: [{ refused: true }] })
  expect(await runner.status()).toBe('failed')
})

test('a stuck step does not run, and its attempt fails with the recorded error', async () => {
  fail('row', 'needs_input')
  await failureOf(runner.run(row))
  runner.reset()
  expect(await failureOf(runner.run(row))).toMatchObject({
    type: errorText.code,
    nonRetryable: true,
    details: [{ ...errorText, class: 'needs_input', recorded: true, refused: false }],
  })
  await runner.updateSteps({ error: null })
  expect(await failureOf(runner.run(row))).toMatchObject({ type: 'step_waits', nonRetryable: true })
  expect(runner.calls).toEqual([])
})

test('a failure that can not be recorded says so', async () => {
  const attempt = runner.callActivity('row', { runId: 'onb_unknown', step: row }, lastAttempt)
  const failure = await failureOf(attempt)
  expect(failure).toMatchObject({ details: [{ recorded: false, refused: false }] })
  expect(failure.details?.[0]).not.toHaveProperty('attempts')
  expect(JSON.parse(runner.log[0] ?? '')).toMatchObject({ msg: 'attempt failed', fate: 'unrecorded' })
})
