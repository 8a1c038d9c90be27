import { expect, test } from 'vitest'
import { bill, call, row } from './scripted-plugin.ts'
import { failureOf, startStepRunnerForFile } from './step-runner.ts'

const runner = await startStepRunnerForFile([row, call])

test('an attempt to undo that ends after its run closed changes nothing', async () => {
  await runner.finish(bill)
  await runner.recordEnding('cancelling')
  runner.script.set('compensate bill', async () => {
    runner.script.delete('compensate bill')
    await runner.undo(bill)
    await runner.recordEnding('cancelled')
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

test('an attempt to undo that was given up on records nothing', async () => {
  await runner.finish(bill)
  await runner.recordEnding('cancelling')
  runner.script.set('compensate bill', () => runner.recordAttention(bill))
  expect((await failureOf(runner.undo(bill))).type).toBe('attempt_superseded')
  expect(runner.calls).toEqual(['compensate bill'])
  expect(await runner.entry(bill)).toMatchObject({ status: 'needs_attention' })
})

test('a lookup that ends after its attempt to undo was given up on records nothing', async () => {
  await runner.getStuck(call, 'unknown_outcome')
  await runner.recordEnding('cancelling')
  runner.script.set('lookup call', async () => {
    await runner.recordAttention(call)
    return { outcome: 'absent' }
  })
  expect((await failureOf(runner.undo(call))).type).toBe('attempt_superseded')
  expect(await runner.entry(call)).toMatchObject({ status: 'needs_attention', intentAt: expect.any(Date) })
})
