import { CancelledFailure } from '@temporalio/activity'
import { describe, expect, test } from 'vitest'
import { plannedStep } from '../../builders/planned-step.ts'
import { errorText, failing, row } from './scripted-plugin.ts'
import { failureOf, startStepRunnerForFile } from './step-runner.ts'

const secondRow = plannedStep('second-row', { placement: 'transactional', needs: ['row'] })
const call = plannedStep('call', { needs: ['row'] })
const blindCall = plannedStep('blind-call', { needs: ['row'] })
const afterCall = plannedStep('kept-call', { needs: ['call'] })
const rows = [row, secondRow]

const runner = await startStepRunnerForFile([row, call])

const statusOf = async (step: typeof row) => (await runner.entry(step))?.status

describe('the transactional inline steps', () => {
  test('are done in one transaction, each with the outputs of the steps before it', async () => {
    await runner.accept(rows)
    runner.script.set('execute row', () => ({ output: { organizationId: runner.platformId } }))
    expect(await runner.runInlineSteps()).toEqual({ done: ['row', 'second-row'], failed: {} })
    expect(runner.argumentsOf('execute second-row').input).toMatchObject({
      organizationId: runner.platformId,
    })
    for (const step of rows)
      expect(runner.argumentsOf(`execute ${step.id}`).context).toMatchObject({
        idempotencyKey: `${runner.runId}:${step.id}:1`,
        retries: 0,
      })
    expect(await runner.status()).toBe('completed')
    expect(await runner.entry(secondRow)).toMatchObject({ status: 'done', attempts: 1, output: {} })
  })

  test('are rolled back together when one fails, and leave no journal entry and no event', async () => {
    await runner.accept(rows)
    runner.script.set('execute second-row', failing('needs_input', { message: 'No.' }))
    await expect(runner.runInlineSteps()).rejects.toThrow('No.')
    expect([await statusOf(row), await statusOf(secondRow), await runner.status()]).toEqual([
      undefined,
      undefined,
      'accepted',
    ])
    expect(await runner.events()).toHaveLength(1)
  })

  test('do not run again when they are done', async () => {
    await runner.accept(rows)
    await runner.run(row)
    expect(await runner.runInlineSteps()).toEqual({ done: ['row', 'second-row'], failed: {} })
    expect(runner.calls).toEqual(['execute row', 'execute second-row'])
    expect((await runner.entry(row))?.attempts).toBe(1)
  })

  test('do not run once the run is being cancelled', async () => {
    await runner.accept(rows)
    await runner.setStatus('cancelling')
    expect((await failureOf(runner.runInlineSteps())).type).toBe('onboarding_ending')
    expect(runner.calls).toEqual([])
  })

  test('do not run when this worker does not have the planned version of one', async () => {
    await runner.accept([row, { ...secondRow, version: 2 }])
    await expect(runner.runInlineSteps()).rejects.toThrow('version 2')
    expect(await statusOf(row)).toBeUndefined()
  })
})

describe('the external inline steps', () => {
  test('run once each after the transactional ones', async () => {
    await runner.accept([row, call, blindCall])
    expect(await runner.runInlineSteps()).toEqual({ done: ['row', 'call', 'blind-call'], failed: {} })
    expect(runner.calls).toEqual(['execute row', 'execute call', 'execute blind-call'])
    expect(await runner.status()).toBe('completed')
  })

  test('may be the only inline steps', async () => {
    const alone = plannedStep('call')
    await runner.accept([alone])
    expect(await runner.runInlineSteps()).toEqual({ done: ['call'], failed: {} })
    expect(runner.calls).toEqual(['execute call'])
  })

  test('have their first intent committed with the transactional steps, and get the outputs of those', async () => {
    runner.script.set('execute row', () => ({ output: { organizationId: runner.platformId } }))
    runner.script.set('execute call', async () => {
      expect(await runner.entry(call)).toMatchObject({
        status: 'running',
        attempts: 1,
        intentAt: expect.any(Date),
      })
      return { output: { crmId: 'crm-1' } }
    })
    await runner.runInlineSteps()
    expect(runner.argumentsOf('execute call').input).toMatchObject({ organizationId: runner.platformId })
    // The request is accepted; then one commit has both steps and the run; then come the call and the end of the run.
    const events = await runner.events()
    expect(events).toHaveLength(6)
    expect(new Set(events.slice(1, 4).map(({ created_at }) => created_at.getTime())).size).toBe(1)
    expect(await runner.entry(call)).toMatchObject({ status: 'done', attempts: 1, intentAt: null })
  })

  test('do not run when they need one that failed, and the others run', async () => {
    await runner.accept([row, call, afterCall, blindCall])
    runner.script.set('execute call', failing('needs_input'))
    expect(await runner.runInlineSteps()).toEqual({
      done: ['row', 'blind-call'],
      failed: {
        call: {
          class: 'needs_input',
          ...errorText,
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

  test('are recorded as retrying when their failure is retryable', async () => {
    runner.script.set('execute call', () => {
      throw new Error('Not now.')
    })
    expect((await runner.runInlineSteps()).failed).toMatchObject({
      call: { code: 'unexpected', recorded: false },
    })
    expect(await statusOf(call)).toBe('retrying')
  })

  test('fail with invalid input, and the transactional steps are done', async () => {
    await runner.accept([row, call], { name: '' })
    expect(await runner.runInlineSteps()).toMatchObject({
      done: ['row'],
      failed: { call: { code: 'invalid_step_input' } },
    })
    expect(runner.calls).toEqual(['execute row'])
  })

  test.each([
    ['has another version of them', { ...call, version: 2 }],
    ['does not have them', plannedStep('elsewhere', { needs: ['row'] })],
  ])('fail when this worker %s, and the transactional steps are done', async (_, step) => {
    await runner.accept([row, step])
    const outcome = await runner.runInlineSteps()
    expect(outcome).toMatchObject({ done: ['row'], failed: { [step.id]: { code: 'step_missing' } } })
    expect(runner.calls).toEqual(['execute row'])
    expect(await statusOf(row)).toBe('done')
  })

  test('do not run after a call during which the worker was stopped', async () => {
    await runner.accept([row, call, blindCall])
    runner.script.set('execute call', () => {
      throw new CancelledFailure('The worker is stopped.')
    })
    expect(await runner.runInlineSteps()).toStrictEqual({ done: ['row'], failed: {} })
    expect(runner.calls).toEqual(['execute row', 'execute call'])
  })

  test('are looked up, and not called again, by a second attempt after an unknown outcome', async () => {
    runner.script.set('execute call', () => {
      throw new CancelledFailure('The worker is stopped.')
    })
    expect(await runner.runInlineSteps()).toEqual({ done: ['row'], failed: {} })
    runner.script.set('lookup call', () => ({ outcome: 'happened', result: { output: { crmId: 'found' } } }))
    expect(await runner.runInlineSteps()).toEqual({ done: ['row', 'call'], failed: {} })
    expect(runner.calls).toEqual(['execute row', 'execute call', 'lookup call'])
  })

  test('do not run again when they are done', async () => {
    await runner.accept([row, call, blindCall])
    await runner.finish(call)
    expect(await runner.runInlineSteps()).toEqual({ done: ['row', 'call', 'blind-call'], failed: {} })
    expect(runner.calls).toEqual(['execute row', 'execute blind-call'])
    expect((await runner.entry(call))?.attempts).toBe(1)
  })

  test('do not run after a cancel, and the outcome names the done steps', async () => {
    await runner.accept([row, call, blindCall])
    runner.script.set('execute call', async () => {
      await runner.setStatus('cancelling')
      return { output: { crmId: 'crm-1' } }
    })
    // The undoing looks up the outcome of the call.
    expect(await runner.runInlineSteps()).toEqual({ done: ['row'], failed: {} })
    expect(runner.calls).toEqual(['execute row', 'execute call'])
    expect((await runner.entry(call))?.intentAt).toEqual(expect.any(Date))
  })
})
