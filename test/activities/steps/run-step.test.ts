import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { plannedStep } from '../../builders/planned-step.ts'
import { bill, call, failing, row } from './scripted-plugin.ts'
import { failureOf, startStepRunnerForFile } from './step-runner.ts'

const runner = await startStepRunnerForFile([row, call])

describe.each([
  ['a transactional', row],
  ['an external', call],
])('%s step', (_, step) => {
  const execute = `execute ${step.id}`

  test('that succeeds is done in the step journal, and does not run again', async () => {
    const before = Date.now()
    await runner.run(step)
    await runner.run(step)
    expect(runner.calls).toEqual([execute])
    expect(await runner.stepRows()).toMatchObject([
      {
        step_id: step.id,
        revision: 1,
        status: 'done',
        attempts: 1,
        retries: 0,
        intent_at: null,
        error: null,
      },
    ])
    const [{ started_at, finished_at, attempt_token } = {}] = await runner.stepRows()
    expect(started_at?.getTime()).toBeGreaterThanOrEqual(before)
    expect(finished_at?.getTime()).toBeGreaterThanOrEqual(started_at?.getTime() ?? Infinity)
    expect(attempt_token).toMatch(/^[0-9a-f-]{36}$/)
    expect(await runner.runRow()).toMatchObject({
      status: 'running',
      workflow_run_id: '00000000-0000-0000-0000-000000000000',
    })
  })

  test('that was skipped does not run', async () => {
    await runner.decide('skip', step)
    await runner.run(step)
    expect(runner.calls).toEqual([])
  })

  test.each(['cancelling', 'cancelled', 'failed'] as const)(
    'does not run, and gets no journal entry, when its run is %s',
    async (status) => {
      await runner.setStatus(status)
      expect(await failureOf(runner.run(step))).toMatchObject({
        type: 'onboarding_ending',
        nonRetryable: true,
        message: expect.stringContaining(status),
      })
      expect(runner.calls).toEqual([])
      expect(await runner.stepRows()).toEqual([])
    },
  )

  test('completes the run when it is the last one', async () => {
    await runner.accept([step])
    await runner.run(step)
    expect(await runner.status()).toBe('completed')
  })

  test('gets its idempotency key, the time, the number of retries, a signal and its input', async () => {
    await runner.run(step)
    const { context, input } = runner.argumentsOf(execute)
    expect(context).toMatchObject({
      runId: runner.runId,
      idempotencyKey: `${runner.runId}:${step.id}:1`,
      retries: 0,
      now: expect.any(Date),
    })
    expect(context.signal?.aborted).toBe(false)
    expect(input).toEqual({ company: { name: 'Northwind' } })
  })

  test('counts its attempts, and has no error once it succeeds', async () => {
    runner.script.set(execute, () => {
      throw new Error('Not now.')
    })
    await failureOf(runner.run(step))
    const [failed] = await runner.stepRows()
    runner.script.clear()
    await runner.run(step)
    const [done] = await runner.stepRows()
    expect(failed).toMatchObject({ status: 'retrying', attempts: 1, error: { code: 'unexpected' } })
    expect(done).toMatchObject({ status: 'done', attempts: 2, error: null, started_at: failed?.started_at })
  })
})

const returnWrongOutput = (step: typeof row) =>
  runner.script.set(`execute ${step.id}`, () => ({ output: { crmId: 7, organizationId: 7 } }))

describe('a step with an output that does not fit its schema', () => {
  test('is tried again when it is transactional, because its transaction was rolled back', async () => {
    returnWrongOutput(row)
    expect(await failureOf(runner.run(row))).toMatchObject({
      type: 'unusable_step_output',
      nonRetryable: false,
    })
    expect(await runner.entry(row)).toMatchObject({
      status: 'retrying',
      intentAt: null,
      output: null,
      error: { class: 'retryable', retry: 'as_is' },
    })
  })

  test('has an unknown outcome when it is external, because its call was made', async () => {
    returnWrongOutput(call)
    expect(await failureOf(runner.run(call))).toMatchObject({
      type: 'invalid_call_result',
      nonRetryable: true,
    })
    expect(await runner.entry(call)).toMatchObject({
      status: 'needs_attention',
      intentAt: expect.any(Date),
      output: null,
      error: { class: 'unknown_outcome', retry: 'as_is' },
    })
  })
})

test('no step runs while the undoing of another step of the run waits for a person', async () => {
  await runner.run(row)
  await runner.recordEnding('cancelling')
  runner.script.set('compensate row', failing('needs_input'))
  await failureOf(runner.undo(row))
  expect(await runner.status()).toBe('needs_attention')
  expect(await failureOf(runner.run(call))).toMatchObject({
    type: 'onboarding_ending',
    message: expect.stringContaining('being undone'),
  })
  expect(runner.calls).toEqual(['execute row', 'compensate row'])
  expect(await runner.entry(call)).toBeUndefined()
})

test('the output of a step is kept with the run and is part of the input of the steps that read it', async () => {
  runner.script.set('execute row', () => ({
    output: { organizationId: runner.platformId, undeclared: 1 },
    externalReference: 'row-1',
  }))
  await runner.run(row)
  await runner.run(call)
  expect(await runner.runRow()).toMatchObject({ organization_id: null, status: 'completed' })
  expect(runner.argumentsOf('execute call').input).toMatchObject({ organizationId: runner.platformId })
  expect(await runner.stepRows()).toMatchObject([
    { output: { crmId: 'crm-1' }, external_reference: 'ref-1' },
    { output: { organizationId: runner.platformId }, external_reference: 'row-1' },
  ])
  expect((await runner.entry(row))?.output).not.toHaveProperty('undeclared')
})

test('a step gets no output of a step that it does not read', async () => {
  await runner.accept([call, bill])
  await runner.run(call)
  await runner.run(bill)
  expect(runner.argumentsOf('execute bill').input).toEqual({ company: { name: 'Northwind' } })
})

const creating = (noun: 'organization' | 'user') =>
  plannedStep(`create-${noun}`, { placement: 'transactional' })

test('the organization that `create-organization` creates is the organization of the run', async () => {
  const step = creating('organization')
  await runner.accept([step])
  runner.script.set(`execute ${step.id}`, () => ({ output: { organizationId: runner.platformId } }))
  await runner.run(step)
  expect(await runner.runRow()).toMatchObject({ organization_id: runner.platformId, user_id: null })
})

test('the user that `create-user` creates is the user of the run', async () => {
  const step = creating('user')
  await runner.accept([step])
  const userId = `usr_${randomUUID()}`
  await runner.db
    .insertInto('users')
    .values({
      id: userId,
      organization_id: runner.platformId,
      full_name: 'Ada',
      email: `${userId}@x.example`,
    })
    .execute()
  runner.script.set(`execute ${step.id}`, () => ({ output: { userId } }))
  await runner.run(step)
  expect(await runner.runRow()).toMatchObject({ user_id: userId, organization_id: null })
})

describe('a step whose run plan does not fit this worker', () => {
  test.each([
    ['an external step is planned as transactional', plannedStep('call', { placement: 'transactional' })],
    ['a transactional step is planned as external', plannedStep('row')],
  ])('does not run when %s', async (_, step) => {
    await runner.accept([step])
    expect((await failureOf(runner.run(step))).type).toBe('unexpected')
    expect(runner.calls).toEqual([])
    expect((await runner.entry(step))?.status).toBe('retrying')
  })

  test.each([
    ['another version of an external step', plannedStep('call', { version: 2 })],
    [
      'another version of a transactional step',
      plannedStep('row', { version: 2, placement: 'transactional' }),
    ],
    ['an unknown step', plannedStep('elsewhere')],
  ])('is tried again, for a worker that has it, when the plan has %s', async (_, step) => {
    await runner.accept([step])
    const failure = await failureOf(runner.run(step))
    expect(failure).toMatchObject({
      type: 'step_missing',
      nonRetryable: false,
      message: expect.stringContaining(`version ${step.version} of the step "${step.id}"`),
    })
    expect(await runner.entry(step)).toMatchObject({ status: 'retrying', intentAt: null })
  })
})
