import { expect, test } from 'vitest'
import { call, errorText, row } from './scripted-plugin.ts'
import { startStepRunnerForFile } from './step-runner.ts'

const runner = await startStepRunnerForFile([row, call])

test('the run records a stuck step that could not record its error', async () => {
  const failure = { class: 'retryable', ...errorText }
  const answer = await runner.callActivity('record-attention', { stepId: 'call', failure })
  expect(answer).toEqual({ outcome: 'recorded', attempts: 0 })
  expect(await runner.entry(call)).toMatchObject({
    status: 'needs_attention',
    revision: 1,
    attempts: 0,
    intentAt: null,
    error: failure,
  })
  expect(await runner.status()).toBe('needs_attention')
})

test('a stuck step is one line in the log, and a done step is none', async () => {
  await runner.run(call)
  runner.log.splice(0)
  await runner.recordAttention(row)
  await runner.recordAttention(call)
  expect(runner.log.map((line) => JSON.parse(line))).toMatchObject([
    {
      level: 50,
      msg: 'needs attention',
      runId: runner.runId,
      step: 'row',
      attempts: 0,
      code: errorText.code,
    },
  ])
})

test('an undone step is not recorded as stuck', async () => {
  await runner.run(row)
  await runner.recordEnding('cancelling')
  await runner.undo(row)
  expect(await runner.recordAttention(row)).toEqual({ outcome: 'finished', attempts: 1 })
  expect((await runner.entry(row))?.status).toBe('compensated')
})

test('a done step is not recorded as stuck', async () => {
  await runner.run(row)
  expect(await runner.recordAttention(row)).toEqual({ outcome: 'finished', attempts: 1 })
  expect(await runner.entry(row)).toMatchObject({ status: 'done', error: null })
  expect(await runner.status()).toBe('running')
})

test('a step that the run records as stuck keeps its intent', async () => {
  await runner.getStuck(call, 'unknown_outcome')
  await runner.recordAttention(call)
  expect(await runner.entry(call)).toMatchObject({ attempts: 1, intentAt: expect.any(Date) })
})
