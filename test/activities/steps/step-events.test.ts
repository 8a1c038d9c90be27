import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { plannedStep } from '../../builders/planned-step.ts'
import { errorText } from './scripted-plugin.ts'
import { startStepRunner, type StepRunner } from './step-runner.ts'

let runner: StepRunner
let id: string
beforeAll(async () => {
  runner = await startStepRunner()
})
afterAll(() => runner.close())

const row = plannedStep('row', { placement: 'transactional' })
const call = plannedStep('call', { optional: true })

beforeEach(async () => {
  runner.reset()
  id = await runner.accept([row, call])
})

const events = () =>
  runner.db
    .selectFrom('run_events')
    .select(['sequence', 'type', 'data'])
    .where('run_id', '=', id)
    .orderBy('sequence')
    .execute()

test('the events of a run are numbered without a gap, have the errors of steps, and have each status once', async () => {
  await runner.run(row)
  await runner.getStuck(call)
  await runner.decide('retry', call)
  await runner.getStuck(call)
  const error = { class: 'needs_input', ...errorText, retry: 'as_is' }
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
