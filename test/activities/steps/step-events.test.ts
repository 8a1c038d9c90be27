import { expect, test } from 'vitest'
import { call, errorText, row } from './scripted-plugin.ts'
import { startStepRunnerForFile } from './step-runner.ts'

const runner = await startStepRunnerForFile([row, call])

test('the events of a run are numbered without a gap, have the errors of steps, and have each status once', async () => {
  await runner.run(row)
  await runner.getStuck(call)
  await runner.decide('retry', call)
  await runner.getStuck(call)
  const error = { class: 'needs_input', ...errorText, retry: 'as_is' }
  expect(await runner.events()).toMatchObject([
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
