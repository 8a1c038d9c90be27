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
const call = plannedStep('call', { optional: true })
const blindCall = plannedStep('blind-call')

beforeEach(async () => {
  runner.reset()
  id = await runner.accept([row, call])
})

async function getStuck(
  step: typeof row,
  errorClass: 'needs_input' | 'unknown_outcome' | 'terminal' = 'needs_input',
): Promise<void> {
  runner.script.set(`execute ${step.id}`, failing(errorClass))
  await failureOf(runner.run(step))
  runner.reset()
}
/** As a run does that heard no more of the step. */
const sayStuck = (step: typeof row) =>
  runner.tell('record-attention', { stepId: step.id, failure: { class: 'retryable', ...words } })
const retry = (step: typeof row, phase?: 'cancelling') => runner.decide('retry', step, phase)
const rowsOf = (step: typeof row) =>
  runner.db
    .selectFrom('step_runs')
    .selectAll()
    .where('run_id', '=', id)
    .where('step_id', '=', step.id)
    .orderBy('revision')
    .execute()
const ownRow = () => runner.db.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
const events = () =>
  runner.db
    .selectFrom('run_events')
    .select(['sequence', 'type', 'data'])
    .where('run_id', '=', id)
    .orderBy('sequence')
    .execute()

describe('a retry', () => {
  test('takes the step and its run out of waiting, for another attempt', async () => {
    await getStuck(call)
    await retry(call)
    expect(await runner.ledger(call)).toMatchObject({ status: 'pending', attempts: 1, error: null })
    expect(await runner.status()).toBe('running')
    await runner.run(call)
    expect(await runner.ledger(call)).toMatchObject({ status: 'done', attempts: 2 })
  })

  test('leaves a run waiting that is stuck elsewhere too', async () => {
    await getStuck(row)
    await getStuck(call)
    await retry(call)
    expect(await runner.status()).toBe('needs_attention')
  })

  test('of a step that waits for nobody changes nothing', async () => {
    await runner.run(row)
    await retry(row)
    await retry(call)
    expect((await runner.ledger(row))?.status).toBe('done')
    expect(await runner.ledger(call)).toBeUndefined()
    expect(await runner.status()).toBe('running')
  })

  test('is counted when the step itself had asked for a person', async () => {
    await getStuck(call)
    await retry(call)
    await getStuck(call)
    await retry(call)
    await runner.run(call)
    expect(runner.asked[0]?.context.retries).toBe(2)
  })

  test.each(['unknown_outcome', 'terminal'] as const)(
    'is not counted when the step had not asked: %s',
    async (errorClass) => {
      await runner.run(row)
      await getStuck(call, errorClass)
      await retry(call)
      expect((await runner.ledger(call))?.retries).toBe(0)
    },
  )

  test('is not counted when a field was missing', async () => {
    id = await runner.accept([row, call], { name: '' })
    await failureOf(runner.run(call))
    await retry(call)
    expect((await runner.ledger(call))?.retries).toBe(0)
  })

  test('after an unknown outcome does it again where nobody can be asked, and asks where it can', async () => {
    id = await runner.accept([call, blindCall])
    await getStuck(call, 'unknown_outcome')
    await getStuck(blindCall, 'unknown_outcome')
    await retry(call)
    await retry(blindCall)
    expect((await runner.ledger(call))?.intentAt).toEqual(expect.any(Date))
    expect((await runner.ledger(blindCall))?.intentAt).toBeNull()
    await runner.run(blindCall)
    await runner.run(call)
    expect(runner.calls).toEqual(['execute blind-call', 'lookup call', 'execute call'])
  })

  test('after something else leaves an earlier doubt as it is', async () => {
    id = await runner.accept([blindCall])
    await runner.loseAnswer(blindCall)
    await failureOf(runner.run({ ...blindCall, version: 2 }, { attempt: 3 }))
    expect((await runner.ledger(blindCall))?.error?.code).toBe('step_missing')
    await retry(blindCall)
    expect((await runner.ledger(blindCall))?.intentAt).toEqual(expect.any(Date))
  })

  test('by a worker that does not have the step leaves its doubt to one that has it', async () => {
    const elsewhere = plannedStep('elsewhere')
    id = await runner.accept([elsewhere])
    await runner.db
      .insertInto('step_runs')
      .values({
        run_id: id,
        step_id: 'elsewhere',
        revision: 1,
        status: 'needs_attention',
        attempts: 1,
        intent_at: new Date(),
        error: JSON.stringify({ class: 'unknown_outcome', ...words }),
      })
      .execute()
    await retry(elsewhere)
    expect(await runner.ledger(elsewhere)).toMatchObject({ status: 'pending', intentAt: expect.any(Date) })
  })

  test('of a step that is stuck without a word is possible too', async () => {
    await runner.run(row)
    await runner.db
      .updateTable('step_runs')
      .set({ status: 'needs_attention' })
      .where('run_id', '=', id)
      .execute()
    await retry(row)
    expect(await runner.ledger(row)).toMatchObject({ status: 'pending', retries: 0 })
  })

  test('of undoing leaves what was done as done, and what was not as pending', async () => {
    await runner.run(row)
    await getStuck(call)
    await runner.tell('record-ending', { status: 'cancelling' })
    await sayStuck(row)
    expect((await runner.ledger(row))?.status).toBe('needs_attention')
    await retry(row, 'cancelling')
    await retry(call, 'cancelling')
    expect([(await runner.ledger(row))?.status, (await runner.ledger(call))?.status]).toEqual([
      'done',
      'pending',
    ])
    expect(await runner.status()).toBe('cancelling')
  })
})

describe('a step that is skipped', () => {
  test('keeps why it was stuck, and its run goes on', async () => {
    await getStuck(call)
    await runner.decide('skip', call)
    expect(await rowsOf(call)).toMatchObject([
      {
        status: 'skipped',
        attempts: 1,
        error: { class: 'needs_input', ...words },
        finished_at: expect.any(Date),
      },
    ])
    expect(await runner.status()).toBe('running')
    await runner.run(row)
    expect(await ownRow()).toMatchObject({ status: 'completed', closed_at: expect.any(Date) })
  })

  test('completes its run when it is the last', async () => {
    await runner.run(row)
    await getStuck(call)
    await runner.decide('skip', call)
    expect(await runner.status()).toBe('completed')
  })

  test('while its run is undone is left as it is: done where it was, else as if it had never begun', async () => {
    await runner.run(row)
    await getStuck(call)
    await runner.tell('record-ending', { status: 'cancelling' })
    await sayStuck(row)
    for (const step of [row, call, blindCall]) await runner.decide('skip', step, 'cancelling')
    expect(await runner.ledger(row)).toMatchObject({ status: 'done', error: null })
    expect(await runner.ledger(call)).toMatchObject({ status: 'pending', error: null })
    expect((await runner.ledger(blindCall))?.status).toBe('pending')
    expect(await runner.status()).toBe('cancelling')
  })
})

test('a step that could not say why it is stuck is shown as stuck by its run', async () => {
  const failure = { class: 'retryable', ...words }
  const answer = await runner.tell('record-attention', { stepId: 'call', failure })
  expect(answer).toEqual({ outcome: 'recorded', attempts: 0 })
  expect(await runner.ledger(call)).toMatchObject({
    status: 'needs_attention',
    revision: 1,
    attempts: 0,
    intentAt: null,
    error: failure,
  })
  expect(await runner.status()).toBe('needs_attention')
})

test('what waits for a person is one line in the log', async () => {
  await runner.run(call)
  runner.log.splice(0)
  await sayStuck(row)
  await sayStuck(call)
  expect(runner.log.map((line) => JSON.parse(line))).toMatchObject([
    { level: 50, msg: 'needs attention', runId: id, step: 'row', attempts: 0, code: words.code },
  ])
})

test('a step that is undone is not stuck, whatever its run heard', async () => {
  await runner.run(row)
  await runner.tell('record-ending', { status: 'cancelling' })
  await runner.undo(row)
  expect(await sayStuck(row)).toEqual({ outcome: 'finished', attempts: 1 })
  expect((await runner.ledger(row))?.status).toBe('compensated')
})

test('a step that is done is not stuck, whatever its run heard', async () => {
  await runner.run(row)
  expect(await sayStuck(row)).toEqual({ outcome: 'finished', attempts: 1 })
  expect(await runner.ledger(row)).toMatchObject({ status: 'done', error: null })
  expect(await runner.status()).toBe('running')
})

test('it keeps the doubt about what it called', async () => {
  await getStuck(call, 'unknown_outcome')
  await sayStuck(call)
  expect(await runner.ledger(call)).toMatchObject({ attempts: 1, intentAt: expect.any(Date) })
})

test('a cancel that reaches a run which has ended comes too late', async () => {
  for (const step of [row, call]) await runner.run(step)
  expect(await runner.tell('record-ending', { status: 'cancelling' })).toBe('completed')
  expect(await runner.status()).toBe('completed')
  id = await runner.accept([row])
  await getStuck(row, 'terminal')
  expect(await runner.tell('record-ending', { status: 'cancelling' })).toBe('failed')
  expect(await runner.status()).toBe('failed')
})

test('the ending of a run is settled when it is over, once', async () => {
  await runner.tell('record-ending', { status: 'cancelling' })
  expect(await ownRow()).toMatchObject({ status: 'cancelling', closed_at: null })
  await runner.tell('record-ending', { status: 'cancelled' })
  const { status, closed_at } = await ownRow()
  expect([status, closed_at]).toEqual(['cancelled', expect.any(Date)])
  await runner.tell('record-ending', { status: 'cancelled' })
  expect((await ownRow()).closed_at).toEqual(closed_at)
})

describe('what happens to a run is told event by event', () => {
  test('numbered without a gap, with what is wrong, and its status only when that changes', async () => {
    await runner.run(row)
    await getStuck(call)
    await retry(call)
    await getStuck(call)
    const error = { class: 'needs_input', ...words, retry: 'as_is' }
    expect(await events()).toEqual([
      { sequence: 1, type: 'onboarding', data: { status: 'accepted' } },
      { sequence: 2, type: 'step', data: { step: 'row', status: 'done', attempts: 1 } },
      { sequence: 3, type: 'onboarding', data: { status: 'running' } },
      { sequence: 4, type: 'step', data: { step: 'call', status: 'running', attempts: 1 } },
      { sequence: 5, type: 'step', data: { step: 'call', status: 'needs_attention', attempts: 1, error } },
      { sequence: 6, type: 'onboarding', data: { status: 'needs_attention' } },
      { sequence: 7, type: 'step', data: { step: 'call', status: 'pending', attempts: 1 } },
      { sequence: 8, type: 'onboarding', data: { status: 'running' } },
      { sequence: 9, type: 'step', data: { step: 'call', status: 'running', attempts: 2 } },
      { sequence: 10, type: 'step', data: { step: 'call', status: 'needs_attention', attempts: 2, error } },
      { sequence: 11, type: 'onboarding', data: { status: 'needs_attention' } },
    ])
  })
})

test('there is no ledger of a run that there is not', async () => {
  await expect(runner.tell('record-ending', { runId: 'onb_none', status: 'cancelled' })).rejects.toThrow(
    'There is no run onb_none.',
  )
})
