import { describe, expect, test } from 'vitest'
import { plannedStep } from '../../builders/planned-step.ts'
import { blindCall, call, errorText, row } from './scripted-plugin.ts'
import { failureOf, startStepRunnerForFile } from './step-runner.ts'

const runner = await startStepRunnerForFile([row, call])

const retry = (step: typeof row, phase?: 'cancelling') => runner.decide('retry', step, phase)

describe('a retry', () => {
  test('makes the step pending and its run running, and the step runs again', async () => {
    await runner.getStuck(call)
    await retry(call)
    expect(await runner.entry(call)).toMatchObject({ status: 'pending', attempts: 1, error: null })
    expect(await runner.status()).toBe('running')
    await runner.run(call)
    expect(await runner.entry(call)).toMatchObject({ status: 'done', attempts: 2 })
  })

  test('leaves a run with another stuck step in needs_attention', async () => {
    await runner.getStuck(row)
    await runner.getStuck(call)
    await retry(call)
    expect(await runner.status()).toBe('needs_attention')
  })

  test('of a step that is not stuck changes nothing', async () => {
    await runner.run(row)
    await retry(row)
    await retry(call)
    expect((await runner.entry(row))?.status).toBe('done')
    expect(await runner.entry(call)).toBeUndefined()
    expect(await runner.status()).toBe('running')
  })

  test('is counted when the error of the step needed input', async () => {
    await runner.getStuck(call)
    await retry(call)
    await runner.getStuck(call)
    await retry(call)
    await runner.run(call)
    expect(runner.argumentsOf('execute call').context.retries).toBe(2)
  })

  test.each(['unknown_outcome', 'terminal'] as const)(
    'is not counted when the error class was %s',
    async (errorClass) => {
      await runner.run(row)
      await runner.getStuck(call, errorClass)
      await retry(call)
      expect((await runner.entry(call))?.retries).toBe(0)
    },
  )

  test('is not counted when the input of the step was invalid', async () => {
    await runner.accept([row, call], { name: '' })
    await failureOf(runner.run(call))
    await retry(call)
    expect((await runner.entry(call))?.retries).toBe(0)
  })

  test('after an unknown outcome looks the call up, or repeats it when the step has no lookup', async () => {
    await runner.accept([call, blindCall])
    await runner.getStuck(call, 'unknown_outcome')
    await runner.getStuck(blindCall, 'unknown_outcome')
    await retry(call)
    await retry(blindCall)
    expect((await runner.entry(call))?.intentAt).toEqual(expect.any(Date))
    expect((await runner.entry(blindCall))?.intentAt).toBeNull()
    await runner.run(blindCall)
    await runner.run(call)
    expect(runner.calls).toEqual(['execute blind-call', 'lookup call', 'execute call'])
  })

  test('after another error keeps the intent of an earlier attempt', async () => {
    await runner.accept([blindCall])
    await runner.loseAnswer(blindCall)
    await failureOf(runner.run({ ...blindCall, version: 2 }, { attempt: 3 }))
    expect((await runner.entry(blindCall))?.error?.code).toBe('step_missing')
    await retry(blindCall)
    expect((await runner.entry(blindCall))?.intentAt).toEqual(expect.any(Date))
  })

  test('recorded by a worker that does not have the step keeps the intent', async () => {
    const elsewhere = plannedStep('elsewhere')
    await runner.accept([elsewhere])
    await runner.db
      .insertInto('step_runs')
      .values({
        run_id: runner.runId,
        step_id: 'elsewhere',
        revision: 1,
        status: 'needs_attention',
        attempts: 1,
        intent_at: new Date(),
        error: JSON.stringify({ class: 'unknown_outcome', ...errorText }),
      })
      .execute()
    await retry(elsewhere)
    expect(await runner.entry(elsewhere)).toMatchObject({ status: 'pending', intentAt: expect.any(Date) })
  })

  test('of a stuck step without an error makes it pending', async () => {
    await runner.run(row)
    await runner.updateSteps({ status: 'needs_attention' })
    await retry(row)
    expect(await runner.entry(row)).toMatchObject({ status: 'pending', retries: 0 })
  })

  test('of an undoing makes a done step done, and any other step pending', async () => {
    await runner.run(row)
    await runner.getStuck(call)
    await runner.recordEnding('cancelling')
    await runner.recordAttention(row)
    expect((await runner.entry(row))?.status).toBe('needs_attention')
    await retry(row, 'cancelling')
    await retry(call, 'cancelling')
    expect([(await runner.entry(row))?.status, (await runner.entry(call))?.status]).toEqual([
      'done',
      'pending',
    ])
    expect(await runner.status()).toBe('cancelling')
  })
})
