import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { TakenDecision } from '../../../domain/decisions/decision.ts'
import { type NewDecision, writeDecision } from '../../../domain/decisions/take-decision.ts'
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
const noRun = '00000000-0000-0000-0000-000000000000'

beforeEach(async () => {
  runner.reset()
  id = await runner.accept([row, call])
  await runner.run(row)
  await getStuck()
})

async function getStuck(): Promise<void> {
  runner.script.set('execute call', () => {
    throw new StepError({ class: 'unknown_outcome', code: 'crm_lost', message: 'Lost.', nextAction: 'Look.' })
  })
  await failureOf(runner.run(call))
  runner.reset()
}

/** Writes a decision down, as the API does, and makes it one that the run has taken. */
async function write(decision: Partial<NewDecision> & Pick<NewDecision, 'action'>): Promise<TakenDecision> {
  const written = await writeDecision(
    runner.db,
    { runId: id, actor: 'key_test', stepId: 'call', ...decision },
    () => true,
  )
  return { action: decision.action, id: written ?? '', source: 'api', number: 1 }
}
const take = (activity: string, decision: TakenDecision, about: object = {}) =>
  runner.tell(activity, { stepId: 'call', phase: 'running', ...about }, {}, decision)
const typed = (action: TakenDecision['action']): TakenDecision => ({
  action,
  source: 'signal',
  number: 3,
  step: 'call',
  actor: 'Ada',
  reason: 'Because.',
})
const decisions = () =>
  runner.db.selectFrom('decisions').selectAll().where('run_id', '=', id).orderBy('decided_at').execute()

describe('a decision that was written down', () => {
  test('to retry is taken, about the revision that the step has', async () => {
    await take('record-retry', await write({ action: 'retry' }))
    expect(await decisions()).toMatchObject([
      { action: 'retry', taken_at: expect.any(Date), revision: 1, changes: [], source: 'api' },
    ])
    expect(await runner.ledger(call)).toMatchObject({ status: 'pending', revision: 1, attempts: 1 })
  })

  test('to skip is taken, about the revision that the step has', async () => {
    await take('record-skip', await write({ action: 'skip', reason: 'Not needed.' }))
    expect(await decisions()).toMatchObject([{ action: 'skip', taken_at: expect.any(Date), revision: 1 }])
    expect(await runner.status()).toBe('completed')
  })

  test('to cancel is taken, and whatever the run did not act on is refused', async () => {
    const retry = await write({ action: 'retry' })
    await take('record-ending', await write({ action: 'cancel', stepId: undefined }), {
      status: 'cancelling',
    })
    expect(await decisions()).toMatchObject([
      { id: retry.id, taken_at: null, refusal: 'The run was cancelled before it received the decision.' },
      { action: 'cancel', taken_at: expect.any(Date), refusal: null },
    ])
  })

  test('with a correction opens a new revision, about which nothing is in doubt', async () => {
    const changes = [{ pointer: '/company/name', old: 'Northwind', new: 'Fabrikam' }]
    const decision = await write({ action: 'retry', changes })
    await take('record-retry', decision)
    // Doing it again, as Temporal may, is the same correction.
    await take('record-retry', decision)
    expect(await runner.ledger(call)).toMatchObject({
      status: 'pending',
      revision: 2,
      attempts: 0,
      intentAt: null,
      error: null,
    })
    expect(await decisions()).toMatchObject([{ changes, revision: 2, taken_at: expect.any(Date) }])
    expect(await runner.status()).toBe('running')
    await runner.run(call)
    expect(runner.asked.at(-1)).toMatchObject({
      what: 'execute call',
      context: { idempotencyKey: `${id}:call:2` },
      input: { company: { name: 'Fabrikam' } },
    })
  })
})

describe('a decision that was typed into Temporal', () => {
  test.each(['retry', 'skip'] as const)('is written down once when it is taken: %s', async (action) => {
    for (const _ of [1, 2]) await take(`record-${action}`, typed(action))
    expect(await decisions()).toMatchObject([
      {
        action,
        step_id: 'call',
        source: 'signal',
        signal_key: `${noRun} 3`,
        actor: 'Ada',
        reason: 'Because.',
        revision: 1,
        changes: [],
        taken_at: expect.any(Date),
      },
    ])
    expect((await runner.ledger(call))?.revision).toBe(1)
  })

  test('about a step that never began names no revision', async () => {
    await take('record-skip', typed('skip'), { stepId: 'blind-call' })
    expect(await decisions()).toMatchObject([{ revision: null }])
  })
})

describe('an attempt that acts on a decision again, long after', () => {
  const cancel = { status: 'cancelling', stepId: undefined }

  test.each(['api', 'signal'] as const)('opens no step that has got stuck since: %s', async (source) => {
    const decision: TakenDecision =
      source === 'api' ? await write({ action: 'retry' }) : { action: 'retry', source, number: 1 }
    await take('record-retry', decision)
    runner.script.set('lookup call', () => ({ outcome: 'unknown' }))
    await failureOf(runner.run(call))
    await take('record-retry', decision)
    expect((await runner.ledger(call))?.status).toBe('needs_attention')
    expect(await runner.status()).toBe('needs_attention')
  })

  test('takes no undoing that is stuck out of waiting', async () => {
    const decision = await write({ action: 'cancel', stepId: undefined })
    expect(await take('record-ending', decision, cancel)).toBe('cancelling')
    runner.script.set('lookup call', () => ({ outcome: 'unknown' }))
    await failureOf(runner.undo(call))
    expect(await take('record-ending', decision, cancel)).toBe('cancelling')
    expect((await runner.ledger(call))?.status).toBe('needs_attention')
    expect(await runner.status()).toBe('needs_attention')
  })

  test('skips no step that is being undone since', async () => {
    id = await runner.accept([row, call, plannedStep('kept-call')])
    await getStuck()
    const skip = await write({ action: 'skip', reason: 'Not needed.' })
    await take('record-skip', skip)
    await take('record-ending', await write({ action: 'cancel', stepId: undefined }), cancel)
    await take('record-skip', skip)
    expect(await runner.status()).toBe('cancelling')
  })

  test('is not one that acts on the same decision for another step', async () => {
    id = await runner.accept([plannedStep('kept-call'), call])
    await getStuck()
    runner.script.set('execute kept-call', () => {
      throw new StepError({ class: 'needs_input', code: 'crm_says_no', message: 'No.', nextAction: 'Ask.' })
    })
    await failureOf(runner.run(plannedStep('kept-call')))
    for (const decision of [
      await write({ action: 'retry', stepId: undefined }),
      { action: 'retry', source: 'signal', number: 2 } as const,
    ]) {
      for (const stepId of ['call', 'kept-call']) {
        await runner.tell('record-attention', { stepId, failure: { code: 'x', class: 'needs_input' } })
        await take('record-retry', decision, { stepId })
        expect((await runner.ledger(plannedStep(stepId)))?.status).toBe('pending')
      }
    }
    expect(await decisions()).toHaveLength(2)
  })
})

test('what a run was cancelled at is not waited for any more, and keeps why it was stuck', async () => {
  await take('record-ending', await write({ action: 'cancel', stepId: undefined }), { status: 'cancelling' })
  expect(await runner.ledger(call)).toMatchObject({
    status: 'pending',
    attempts: 1,
    intentAt: expect.any(Date),
    error: { code: 'crm_lost' },
  })
  expect((await runner.ledger(row))?.status).toBe('done')
})
