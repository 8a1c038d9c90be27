import { describe, expect, test } from 'vitest'
import { blindCall, call, errorText, row } from './scripted-plugin.ts'
import { startStepRunnerForFile } from './step-runner.ts'

const runner = await startStepRunnerForFile([row, call])

describe('a skip', () => {
  test('keeps the error of the step, and its run continues', async () => {
    await runner.getStuck(call)
    await runner.decide('skip', call)
    expect(await runner.stepRows()).toMatchObject([
      {
        status: 'skipped',
        attempts: 1,
        error: { class: 'needs_input', ...errorText },
        finished_at: expect.any(Date),
      },
    ])
    expect(await runner.status()).toBe('running')
    await runner.run(row)
    expect(await runner.runRow()).toMatchObject({ status: 'completed', closed_at: expect.any(Date) })
  })

  test('of the last step completes the run', async () => {
    await runner.run(row)
    await runner.getStuck(call)
    await runner.decide('skip', call)
    expect(await runner.status()).toBe('completed')
  })

  test('of an undoing makes a done step done, and any other step pending', async () => {
    await runner.run(row)
    await runner.getStuck(call)
    await runner.recordEnding('cancelling')
    await runner.recordAttention(row)
    for (const step of [row, call, blindCall]) await runner.decide('skip', step, 'cancelling')
    expect(await runner.entry(row)).toMatchObject({ status: 'done', error: null })
    expect(await runner.entry(call)).toMatchObject({ status: 'pending', error: null })
    expect((await runner.entry(blindCall))?.status).toBe('pending')
    expect(await runner.status()).toBe('cancelling')
  })
})
