import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { StepError } from '../../../plugins/plugin-contract.ts'
import { plannedStep } from '../../builders/planned-step.ts'
import { failureOf, startStepRunner, type StepRunner } from './step-runner.ts'

let runner: StepRunner
beforeAll(async () => {
  runner = await startStepRunner()
})
afterAll(() => runner.close())
beforeEach(() => runner.reset())

const row = plannedStep('row', { placement: 'transactional' })
const call = plannedStep('call')
const plan = [row, call]

const setStatus = (id: string, status: 'cancelling' | 'cancelled' | 'failed') =>
  runner.db.updateTable('runs').set({ status }).where('id', '=', id).execute()
const stepRows = (id: string) =>
  runner.db.selectFrom('step_runs').selectAll().where('run_id', '=', id).orderBy('step_id').execute()
const ownRow = (id: string) =>
  runner.db.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

describe.each([
  ['of our own', row],
  ['of somebody else', call],
])('a step %s', (_, step) => {
  const execute = `execute ${step.id}`

  test('that goes well is done in the ledger, and is not run again', async () => {
    const id = await runner.accept(plan)
    const before = Date.now()
    await runner.run(step)
    await runner.run(step)
    expect(runner.calls).toEqual([execute])
    expect(await stepRows(id)).toMatchObject([
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
    const [{ started_at, finished_at, attempt_token } = {}] = await stepRows(id)
    expect(started_at?.getTime()).toBeGreaterThanOrEqual(before)
    expect(finished_at?.getTime()).toBeGreaterThanOrEqual(started_at?.getTime() ?? Infinity)
    expect(attempt_token).toMatch(/^[0-9a-f-]{36}$/)
    expect(await ownRow(id)).toMatchObject({
      status: 'running',
      workflow_run_id: '00000000-0000-0000-0000-000000000000',
    })
  })

  test('that a person skipped is not run', async () => {
    await runner.accept(plan)
    await runner.decide('skip', step)
    await runner.run(step)
    expect(runner.calls).toEqual([])
  })

  test.each(['cancelling', 'cancelled', 'failed'] as const)(
    'does nothing new once its run is %s, and leaves the ledger alone',
    async (status) => {
      const id = await runner.accept(plan)
      await setStatus(id, status)
      expect(await failureOf(runner.run(step))).toMatchObject({
        type: 'onboarding_ending',
        nonRetryable: true,
        message: expect.stringContaining(status),
      })
      expect(runner.calls).toEqual([])
      expect(await stepRows(id)).toEqual([])
    },
  )

  test('completes the run when it is the last', async () => {
    await runner.accept([step])
    await runner.run(step)
    expect(await runner.status()).toBe('completed')
  })

  test('is told its key, its time and how often a person asked for it again', async () => {
    const id = await runner.accept(plan)
    await runner.run(step)
    expect(runner.asked[0]?.context).toMatchObject({
      runId: id,
      idempotencyKey: `${id}:${step.id}:1`,
      retries: 0,
      now: expect.any(Date),
    })
    expect(runner.asked[0]?.context.signal?.aborted).toBe(false)
    expect(runner.asked[0]?.input).toEqual({ company: { name: 'Northwind' } })
  })

  test('counts its attempts and forgets what went wrong once it goes well', async () => {
    const id = await runner.accept(plan)
    runner.script.set(execute, () => {
      throw new Error('Not now.')
    })
    await failureOf(runner.run(step))
    const [failed] = await stepRows(id)
    runner.script.clear()
    await runner.run(step)
    const [done] = await stepRows(id)
    expect(failed).toMatchObject({ status: 'retrying', attempts: 1, error: { code: 'unexpected' } })
    expect(done).toMatchObject({ status: 'done', attempts: 2, error: null, started_at: failed?.started_at })
  })
})

const answerNonsense = (step: typeof row) =>
  runner.script.set(`execute ${step.id}`, () => ({ output: { crmId: 7, organizationId: 7 } }))

describe('a step that answers something else than it declares', () => {
  test('of our own has done nothing, so it is tried again', async () => {
    await runner.accept(plan)
    answerNonsense(row)
    expect(await failureOf(runner.run(row))).toMatchObject({
      type: 'unusable_step_output',
      nonRetryable: false,
    })
    expect(await runner.ledger(row)).toMatchObject({
      status: 'retrying',
      intentAt: null,
      output: null,
      error: { class: 'retryable', retry: 'as_is' },
    })
  })

  test('of somebody else has done it, so it is looked up before it is called again', async () => {
    await runner.accept(plan)
    answerNonsense(call)
    expect(await failureOf(runner.run(call))).toMatchObject({
      type: 'invalid_call_result',
      nonRetryable: true,
    })
    expect(await runner.ledger(call)).toMatchObject({
      status: 'needs_attention',
      intentAt: expect.any(Date),
      output: null,
      error: { class: 'unknown_outcome', retry: 'as_is' },
    })
  })
})

test('nothing new is done while undoing another step of the run waits for a person', async () => {
  await runner.accept(plan)
  await runner.run(row)
  await runner.tell('record-ending', { status: 'cancelling' })
  runner.script.set('compensate row', () => {
    throw new StepError({ class: 'needs_input', code: 'no', message: 'No.', nextAction: 'Look.' })
  })
  await failureOf(runner.undo(row))
  expect(await runner.status()).toBe('needs_attention')
  expect(await failureOf(runner.run(call))).toMatchObject({
    type: 'onboarding_ending',
    message: expect.stringContaining('being undone'),
  })
  expect(runner.calls).toEqual(['execute row', 'compensate row'])
  expect(await runner.ledger(call)).toBeUndefined()
})

test('what a step produces is for the onboarding itself, and for those after it', async () => {
  const id = await runner.accept([row, call])
  runner.script.set('execute row', () => ({
    output: { organizationId: runner.platformId, undeclared: 1 },
    externalReference: 'row-1',
  }))
  await runner.run(row)
  await runner.run(call)
  expect(await ownRow(id)).toMatchObject({ organization_id: runner.platformId, status: 'completed' })
  expect(runner.asked[1]?.input).toMatchObject({ organizationId: runner.platformId })
  expect(await stepRows(id)).toMatchObject([
    { output: { crmId: 'crm-1' }, external_reference: 'ref-1' },
    { output: { organizationId: runner.platformId }, external_reference: 'row-1' },
  ])
  expect((await runner.ledger(row))?.output).not.toHaveProperty('undeclared')
})

test('the user that a step makes is the one of the onboarding', async () => {
  const id = await runner.accept([row])
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
  runner.script.set('execute row', () => ({ output: { userId } }))
  await runner.run(row)
  expect(await ownRow(id)).toMatchObject({ user_id: userId, organization_id: null })
})

describe('a plan that asks for what the step can not do', () => {
  test.each([
    ['an external step in our transaction', plannedStep('call', { placement: 'transactional' })],
    ['a transactional one outside of it', plannedStep('row')],
  ])('%s is not done', async (_, step) => {
    await runner.accept([step])
    expect((await failureOf(runner.run(step))).type).toBe('unexpected')
    expect(runner.calls).toEqual([])
    expect((await runner.ledger(step))?.status).toBe('retrying')
  })

  test.each([
    ['another version', plannedStep('call', { version: 2 })],
    ['a step that this worker does not have', plannedStep('elsewhere')],
    ['another version of a step of ours', plannedStep('row', { version: 2, placement: 'transactional' })],
  ])('%s is left to a worker that has it', async (_, step) => {
    await runner.accept([step])
    const failure = await failureOf(runner.run(step))
    expect(failure).toMatchObject({
      type: 'step_missing',
      nonRetryable: false,
      message: expect.stringContaining(`version ${step.version} of the step "${step.id}"`),
    })
    expect(await runner.ledger(step)).toMatchObject({ status: 'retrying', intentAt: null })
  })
})
