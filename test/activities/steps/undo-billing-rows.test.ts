import { describe, expect, test } from 'vitest'
import { plannedStep } from '../../builders/planned-step.ts'
import { bill, call, ownBill, row } from './scripted-plugin.ts'
import { startStepRunnerForFile } from './step-runner.ts'

const runner = await startStepRunnerForFile([row, call])

describe('undoing a step with the placement `by-billing-adapter`', () => {
  test.each([
    ['in the transaction of its undoing, with a transactional adapter', ownBill],
    ['after its undoing, with an external adapter', bill],
  ])('unrecords its rows %s', async (_, step) => {
    await runner.finish(step)
    await runner.undo(step)
    expect(runner.calls).toEqual(['compensate bill', 'unrecord bill'])
    expect(runner.argumentsOf('unrecord bill')).toMatchObject({
      input: { company: { name: 'Northwind' } },
      output: { crmId: 'crm-1' },
    })
    expect(runner.argumentsOf('unrecord bill').context).toHaveProperty('transaction')
  })
})

test.each([
  ['a transactional', plannedStep('bare-bill', { placement: 'transactional' })],
  ['an external', plannedStep('bare-bill')],
])('a step without rows of our own is undone, with %s adapter', async (_, step) => {
  await runner.finish(step)
  expect(await runner.undo(step)).toBe('compensated')
  expect(runner.calls).toEqual(['compensate bare-bill'])
})
