import { CancelledFailure } from '@temporalio/activity'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { plannedStep } from '../../builders/planned-step.ts'
import { failing, words } from './scripted-plugin.ts'
import { failureOf, startStepRunner, type StepRunner } from './step-runner.ts'

let runner: StepRunner
beforeAll(async () => {
  runner = await startStepRunner()
})
afterAll(() => runner.close())
beforeEach(() => runner.reset())

const row = plannedStep('row', { placement: 'transactional' })
const secondRow = plannedStep('second-row', { placement: 'transactional', needs: ['row'] })
const call = plannedStep('call', { needs: ['row'] })
const blindCall = plannedStep('blind-call', { needs: ['row'] })
const afterCall = plannedStep('kept-call', { needs: ['call'] })
const rows = [row, secondRow]

const statusOf = async (step: typeof row) => (await runner.ledger(step))?.status
const inputOf = (what: string) => runner.asked.find((each) => each.what === what)?.input
const eventsOf = (id: string) =>
  runner.db
    .selectFrom('run_events')
    .select(['data', 'created_at'])
    .where('run_id', '=', id)
    .orderBy('sequence')
    .execute()

describe('the steps of our own', () => {
  test('are done together, each knowing what those before it answered', async () => {
    const id = await runner.accept(rows)
    runner.script.set('execute row', () => ({ output: { organizationId: runner.platformId } }))
    expect(await runner.inline()).toEqual({ done: ['row', 'second-row'], failed: {} })
    expect(inputOf('execute second-row')).toMatchObject({ organizationId: runner.platformId })
    expect(runner.asked.map(({ context }) => context)).toMatchObject([
      { idempotencyKey: `${id}:row:1`, retries: 0 },
      { idempotencyKey: `${id}:second-row:1`, retries: 0 },
    ])
    expect(await runner.status()).toBe('completed')
    expect(await runner.ledger(secondRow)).toMatchObject({ status: 'done', attempts: 1, output: {} })
  })

  test('are undone together when one fails, and nothing of it is recorded', async () => {
    const id = await runner.accept(rows)
    runner.script.set('execute second-row', failing('needs_input', { message: 'No.' }))
    await expect(runner.inline()).rejects.toThrow('No.')
    expect([await statusOf(row), await statusOf(secondRow), await runner.status()]).toEqual([
      undefined,
      undefined,
      'accepted',
    ])
    expect(await eventsOf(id)).toHaveLength(1)
  })

  test('that are done already are left alone', async () => {
    await runner.accept(rows)
    await runner.run(row)
    expect(await runner.inline()).toEqual({ done: ['row', 'second-row'], failed: {} })
    expect(runner.calls).toEqual(['execute row', 'execute second-row'])
    expect((await runner.ledger(row))?.attempts).toBe(1)
  })

  test('are not begun once the run is ending', async () => {
    const id = await runner.accept(rows)
    await runner.db.updateTable('runs').set({ status: 'cancelling' }).where('id', '=', id).execute()
    expect((await failureOf(runner.inline())).type).toBe('onboarding_ending')
    expect(runner.calls).toEqual([])
  })

  test('in a version that this worker does not have are left to one that has it', async () => {
    await runner.accept([row, { ...secondRow, version: 2 }])
    await expect(runner.inline()).rejects.toThrow('version 2')
    expect(await statusOf(row)).toBeUndefined()
  })
})

describe('the steps of somebody else', () => {
  test('are tried once each after ours', async () => {
    await runner.accept([row, call, blindCall])
    expect(await runner.inline()).toEqual({ done: ['row', 'call', 'blind-call'], failed: {} })
    expect(runner.calls).toEqual(['execute row', 'execute call', 'execute blind-call'])
    expect(await runner.status()).toBe('completed')
  })

  test('are tried alone where there are none of ours', async () => {
    const alone = plannedStep('call')
    await runner.accept([alone])
    expect(await runner.inline()).toEqual({ done: ['call'], failed: {} })
    expect(runner.calls).toEqual(['execute call'])
  })

  test('have the first intent committed with our rows, and what they need in their input', async () => {
    const id = await runner.accept([row, call])
    runner.script.set('execute row', () => ({ output: { organizationId: runner.platformId } }))
    runner.script.set('execute call', async () => {
      expect(await runner.ledger(call)).toMatchObject({
        status: 'running',
        attempts: 1,
        intentAt: expect.any(Date),
      })
      return { output: { crmId: 'crm-1' } }
    })
    await runner.inline()
    expect(inputOf('execute call')).toMatchObject({ organizationId: runner.platformId })
    // Accepted; then in one commit both steps and the run; then the call and the end of the run.
    const events = await eventsOf(id)
    expect(events).toHaveLength(6)
    expect(new Set(events.slice(1, 4).map(({ created_at }) => created_at.getTime())).size).toBe(1)
    expect(await runner.ledger(call)).toMatchObject({ status: 'done', attempts: 1, intentAt: null })
  })

  test('that need one which failed are not tried, and others are', async () => {
    await runner.accept([row, call, afterCall, blindCall])
    runner.script.set('execute call', failing('needs_input'))
    expect(await runner.inline()).toEqual({
      done: ['row', 'blind-call'],
      failed: {
        call: {
          class: 'needs_input',
          ...words,
          retry: 'as_is',
          attempts: 1,
          recorded: true,
          refused: false,
        },
      },
    })
    expect(runner.calls).not.toContain('execute kept-call')
    expect([await statusOf(call), await statusOf(afterCall)]).toEqual(['needs_attention', undefined])
  })

  test('that may be tried again are, by an activity of their own', async () => {
    await runner.accept([row, call])
    runner.script.set('execute call', () => {
      throw new Error('Not now.')
    })
    expect((await runner.inline()).failed).toMatchObject({ call: { code: 'unexpected', recorded: false } })
    expect(await statusOf(call)).toBe('retrying')
  })

  test('that can not read the request are told so, and ours are done', async () => {
    await runner.accept([row, call], { name: '' })
    expect(await runner.inline()).toMatchObject({
      done: ['row'],
      failed: { call: { code: 'invalid_step_input' } },
    })
    expect(runner.calls).toEqual(['execute row'])
  })

  test.each([
    ['in another version', { ...call, version: 2 }],
    ['that this worker does not have', plannedStep('elsewhere', { needs: ['row'] })],
  ])('%s are left to a worker that has them, and ours are done', async (_, step) => {
    await runner.accept([row, step])
    const outcome = await runner.inline()
    expect(outcome).toMatchObject({ done: ['row'], failed: { [step.id]: { code: 'step_missing' } } })
    expect(runner.calls).toEqual(['execute row'])
    expect(await statusOf(row)).toBe('done')
  })

  test('are not begun after one whose worker is being stopped', async () => {
    await runner.accept([row, call, blindCall])
    runner.script.set('execute call', () => {
      throw new CancelledFailure('The worker is stopped.')
    })
    expect(await runner.inline()).toStrictEqual({ done: ['row'], failed: {} })
    expect(runner.calls).toEqual(['execute row', 'execute call'])
  })

  test('are not called again by a second try of the inline whose first is unknown', async () => {
    await runner.accept([row, call])
    runner.script.set('execute call', () => {
      throw new CancelledFailure('The worker is stopped.')
    })
    expect(await runner.inline()).toEqual({ done: ['row'], failed: {} })
    runner.script.set('lookup call', () => ({ outcome: 'happened', result: { output: { crmId: 'found' } } }))
    expect(await runner.inline()).toEqual({ done: ['row', 'call'], failed: {} })
    expect(runner.calls).toEqual(['execute row', 'execute call', 'lookup call'])
  })

  test('that are done already are left alone', async () => {
    await runner.accept([row, call, blindCall])
    await runner.run(call)
    runner.reset()
    expect(await runner.inline()).toEqual({ done: ['row', 'call', 'blind-call'], failed: {} })
    expect(runner.calls).toEqual(['execute row', 'execute blind-call'])
    expect((await runner.ledger(call))?.attempts).toBe(1)
  })

  test('are not begun after a cancellation, and what was done is told', async () => {
    const id = await runner.accept([row, call, blindCall])
    runner.script.set('execute call', async () => {
      await runner.db.updateTable('runs').set({ status: 'cancelling' }).where('id', '=', id).execute()
      return { output: { crmId: 'crm-1' } }
    })
    // What became of the call is for the undoing to look up.
    expect(await runner.inline()).toEqual({ done: ['row'], failed: {} })
    expect(runner.calls).toEqual(['execute row', 'execute call'])
    expect((await runner.ledger(call))?.intentAt).toEqual(expect.any(Date))
  })
})
