import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { plannedStep } from '../../builders/planned-step.ts'
import { failureOf, startStepRunner, type StepRunner } from './step-runner.ts'

let runner: StepRunner
beforeAll(async () => {
  runner = await startStepRunner()
})
afterAll(() => runner.close())

const call = plannedStep('call')
const bill = plannedStep('bill')

beforeEach(async () => {
  runner.reset()
  await runner.accept([plannedStep('row', { placement: 'transactional' }), call])
})

test('an attempt to undo that ends after its run closed changes nothing', async () => {
  await runner.run(bill)
  runner.reset()
  await runner.callActivity('record-ending', { status: 'cancelling' })
  runner.script.set('compensate bill', async () => {
    runner.script.delete('compensate bill')
    await runner.undo(bill)
    await runner.callActivity('record-ending', { status: 'cancelled' })
  })
  expect(await runner.undo(bill)).toBe('compensated')
  expect(runner.calls).toEqual(['compensate bill', 'compensate bill', 'unrecord bill'])
  expect(await runner.status()).toBe('cancelled')
})

test('an attempt that ends after its step was undone records nothing', async () => {
  runner.script.set('execute call', async () => {
    runner.script.set('lookup call', () => ({ outcome: 'happened', result: { output: { crmId: 'found' } } }))
    await runner.undo(call)
    return { output: { crmId: 'late' } }
  })
  expect((await failureOf(runner.run(call))).type).toBe('attempt_superseded')
  expect(await runner.entry(call)).toMatchObject({ status: 'compensated' })
})
