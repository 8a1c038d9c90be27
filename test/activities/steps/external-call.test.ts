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
const blindCall = plannedStep('blind-call')
const bill = plannedStep('bill')
const ownBill = plannedStep('bill', { placement: 'transactional' })
const plan = [row, call]

const refuse = () => {
  throw new StepError({ class: 'needs_input', code: 'no', message: 'No.', nextAction: 'Look.' })
}
const setStatus = (id: string, status: 'cancelling' | 'cancelled' | 'failed') =>
  runner.db.updateTable('runs').set({ status }).where('id', '=', id).execute()
const stepRows = (id: string) =>
  runner.db.selectFrom('step_runs').selectAll().where('run_id', '=', id).orderBy('step_id').execute()
const recorded = (what: string) => runner.asked.find((each) => each.what === what)

describe('an external step', () => {
  test('has its intent in the ledger while it calls', async () => {
    const id = await runner.accept(plan)
    runner.script.set('execute call', async () => {
      const [run] = await stepRows(id)
      expect(run).toMatchObject({ status: 'running', attempts: 1, finished_at: null })
      expect(run?.intent_at).toEqual(run?.started_at)
      return { output: { crmId: 'crm-2' } }
    })
    await runner.run(call)
    expect(await runner.ledger(call)).toMatchObject({ intentAt: null, output: { crmId: 'crm-2' } })
  })

  test('is not begun with a request that it can not read', async () => {
    const id = await runner.accept(plan, { name: '' })
    const failure = await failureOf(runner.run(call))
    expect([failure.type, failure.nonRetryable]).toEqual(['invalid_step_input', true])
    expect(runner.calls).toEqual([])
    expect(await runner.ledger(call)).toMatchObject({
      status: 'needs_attention',
      attempts: 1,
      intentAt: null,
      error: { class: 'needs_input', fields: [{ pointer: '/company/name' }] },
    })
    const events = await runner.db
      .selectFrom('run_events')
      .select('data')
      .where('run_id', '=', id)
      .where('type', '=', 'step')
      .execute()
    expect(events.map(({ data }) => data)).toMatchObject([{ status: 'needs_attention' }])
  })

  test('is found done by its look-up when its answer was lost', async () => {
    await runner.accept(plan)
    await runner.loseAnswer(call)
    runner.script.set('lookup call', () => ({
      outcome: 'happened',
      result: { output: { crmId: 'found', undeclared: 1 }, externalReference: 'ref-7' },
    }))
    await runner.run(call)
    expect(runner.calls).toEqual(['execute call', 'lookup call'])
    expect(await runner.ledger(call)).toMatchObject({
      status: 'done',
      attempts: 2,
      output: { crmId: 'found' },
    })
  })

  test.each(['absent', 'either'])('is called again when its look-up says %s', async (outcome) => {
    await runner.accept(plan)
    await runner.loseAnswer(call)
    runner.script.set('lookup call', () => ({ outcome, result: { output: { crmId: 'found' } } }))
    await runner.run(call)
    expect(runner.calls).toEqual(['execute call', 'lookup call', 'execute call'])
    expect((await runner.ledger(call))?.output).toEqual({ crmId: 'crm-1' })
  })

  test.each([
    ['its look-up does not know', call, () => ({ outcome: 'unknown' })],
    ['nobody can be asked', blindCall, undefined],
  ])('asks a person when %s', async (_, step, lookup) => {
    await runner.accept([step])
    await runner.loseAnswer(step)
    if (lookup !== undefined) runner.script.set(`lookup ${step.id}`, lookup)
    const failure = await failureOf(runner.run(step))
    expect([failure.type, failure.nonRetryable]).toEqual(['outcome_unknown', true])
    expect(runner.calls.filter((what) => what.startsWith('execute'))).toHaveLength(1)
    expect(await runner.ledger(step)).toMatchObject({
      status: 'needs_attention',
      intentAt: expect.any(Date),
      error: { class: 'unknown_outcome' },
    })
  })

  test('is not looked up when nothing was begun', async () => {
    await runner.accept(plan)
    await runner.run(call)
    expect(runner.calls).toEqual(['execute call'])
  })

  test('that was overtaken by a newer attempt records nothing', async () => {
    const id = await runner.accept(plan)
    runner.script.set('execute call', async () => {
      await runner.db
        .updateTable('step_runs')
        .set({ attempt_token: randomUUID() })
        .where('run_id', '=', id)
        .execute()
      return { output: { crmId: 'too-late' } }
    })
    expect(await failureOf(runner.run(call))).toMatchObject({
      type: 'attempt_superseded',
      nonRetryable: false,
    })
    expect(await runner.ledger(call)).toMatchObject({ status: 'running', output: null })
  })

  test('that was recorded as done meanwhile is left as it is', async () => {
    const id = await runner.accept(plan)
    runner.script.set('execute call', async () => {
      await runner.db
        .updateTable('step_runs')
        .set({ status: 'done', output: JSON.stringify({ crmId: 'first' }) })
        .where('run_id', '=', id)
        .execute()
      return { output: { crmId: 'second' } }
    })
    await runner.run(call)
    expect((await runner.ledger(call))?.output).toEqual({ crmId: 'first' })
  })
})

describe('a call that comes back when its run', () => {
  test.each([
    ['is being undone stays so', 'cancelling'],
    ['was cancelled does not begin it again', 'cancelled'],
    ['has failed does not begin it again', 'failed'],
  ] as const)('%s', async (_, status) => {
    const id = await runner.accept([call])
    runner.script.set('execute call', async () => {
      await setStatus(id, status)
      return { output: { crmId: 'crm-1' } }
    })
    expect((await failureOf(runner.run(call))).type).toBe('attempt_superseded')
    expect(await runner.status()).toBe(status)
    // The intent stays, so that undoing looks up what it did.
    expect(await runner.ledger(call)).toMatchObject({
      status: 'running',
      intentAt: expect.any(Date),
      output: null,
    })
  })

  test.each(['cancelled', 'failed'] as const)('is %s and it went wrong asks nobody', async (status) => {
    const id = await runner.accept([call])
    runner.script.set('execute call', async () => {
      await setStatus(id, status)
      refuse()
    })
    await failureOf(runner.run(call))
    expect(await runner.status()).toBe(status)
  })

  test('leaves its doubt when its look-up said that it may have happened, and it is refused then', async () => {
    await runner.accept(plan)
    await runner.loseAnswer(call)
    runner.script.set('lookup call', () => ({ outcome: 'either', result: { output: { crmId: 'found' } } }))
    runner.script.set('execute call', refuse)
    await failureOf(runner.run(call))
    expect((await runner.ledger(call))?.intentAt).toEqual(expect.any(Date))
  })
})

describe('a step placed by its billing adapter', () => {
  test('runs in our transaction and keeps its rows there when the adapter is ours', async () => {
    await runner.accept([ownBill])
    await runner.run(ownBill)
    expect(runner.calls).toEqual(['execute bill', 'record bill'])
    expect(recorded('execute bill')?.context).toHaveProperty('transaction')
    expect(recorded('record bill')).toMatchObject({
      input: { company: { name: 'Northwind' } },
      output: { crmId: 'crm-1' },
    })
    expect(recorded('record bill')?.context).toHaveProperty('transaction')
    expect((await runner.ledger(ownBill))?.status).toBe('done')
  })

  test.each([
    ['ours', plannedStep('bare-bill', { placement: 'transactional' })],
    ["somebody else's", plannedStep('bare-bill')],
  ])('needs no rows beside its effect: %s', async (_, step) => {
    await runner.accept([step])
    await runner.run(step)
    expect(runner.calls).toEqual(['execute bare-bill'])
    expect((await runner.ledger(step))?.status).toBe('done')
  })

  test('that was called and can not be recorded is looked up before it is called again', async () => {
    await runner.accept([bill])
    runner.script.set('record bill', refuse)
    await failureOf(runner.run(bill))
    expect(await runner.ledger(bill)).toMatchObject({
      status: 'needs_attention',
      intentAt: expect.any(Date),
      output: null,
    })
  })

  test('is called outside of it, and records its rows with the result, when it is not', async () => {
    const id = await runner.accept([bill])
    runner.script.set('record bill', async () => {
      expect((await stepRows(id)).map(({ status }) => status)).toEqual(['running'])
    })
    await runner.run(bill)
    expect(runner.calls).toEqual(['execute bill', 'record bill'])
    expect(recorded('execute bill')?.context).not.toHaveProperty('transaction')
    expect(recorded('record bill')?.context).toHaveProperty('transaction')
    expect(recorded('record bill')).toMatchObject({
      input: { company: { name: 'Northwind' } },
      output: { crmId: 'crm-1' },
    })
  })
})
