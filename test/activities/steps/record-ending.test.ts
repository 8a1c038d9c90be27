import { expect, test } from 'vitest'
import { call, row } from './scripted-plugin.ts'
import { startStepRunnerForFile } from './step-runner.ts'

const runner = await startStepRunnerForFile([row, call])

test('a cancel of a closed run leaves its status as it is', async () => {
  for (const step of [row, call]) await runner.run(step)
  expect(await runner.recordEnding('cancelling')).toBe('completed')
  expect(await runner.status()).toBe('completed')
  await runner.accept([row])
  await runner.getStuck(row, 'terminal')
  expect(await runner.recordEnding('cancelling')).toBe('failed')
  expect(await runner.status()).toBe('failed')
})

test('a run has a closing time when it is cancelled, which a second attempt does not change', async () => {
  await runner.recordEnding('cancelling')
  expect(await runner.runRow()).toMatchObject({ status: 'cancelling', closed_at: null })
  await runner.recordEnding('cancelled')
  const { status, closed_at } = await runner.runRow()
  expect([status, closed_at]).toEqual(['cancelled', expect.any(Date)])
  await runner.recordEnding('cancelled')
  expect((await runner.runRow()).closed_at).toEqual(closed_at)
})

test('the ending of an unknown run can not be recorded', async () => {
  await expect(
    runner.callActivity('record-ending', { runId: 'onb_none', status: 'cancelled' }),
  ).rejects.toThrow('There is no run onb_none.')
})
