import { expect, test } from 'vitest'
import { plannedStep } from '../../builders/planned-step.ts'
import { call, errorText } from './scripted-plugin.ts'
import { failureOf, startStepRunnerForFile } from './step-runner.ts'

const step = plannedStep('call', { retry: { ...call.retry, maximumAttempts: 1 } })
const runner = await startStepRunnerForFile([step])

const called = { output: { crmId: '1' } }
const status = async () => (await runner.entry(step))?.status

/** Begins an attempt, and waits for its call. @returns the functions that end the call, and the attempt. */
async function attempt() {
  const [begun, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<typeof called>()]
  runner.script.set('execute call', () => {
    begun.resolve()
    return answer.promise
  })
  const ended = runner.run(step)
  await begun.promise
  return { succeed: () => answer.resolve(called), fail: () => answer.reject(new Error('gone')), ended }
}

test('a done step stays done for a worker that does not have the step', async () => {
  const first = await attempt()
  first.succeed()
  await first.ended
  await runner.run({ ...step, version: 2 })
  expect(await status()).toBe('done')
})

test('an attempt that fails after another attempt has done the step succeeds', async () => {
  const first = await attempt()
  const second = await attempt()
  second.succeed()
  await second.ended
  first.fail()
  await first.ended
  expect(await status()).toBe('done')
})

test('an attempt that was superseded does not record the step as done', async () => {
  const first = await attempt()
  const second = await attempt()
  first.succeed()
  await expect(first.ended).rejects.toMatchObject({ type: 'attempt_superseded', nonRetryable: false })
  expect(await status()).toBe('running')
  second.succeed()
  await second.ended
})

test('a failure of an attempt that was superseded is not recorded by the attempt', async () => {
  const first = await attempt()
  const second = await attempt()
  first.fail()
  await expect(first.ended).rejects.toMatchObject({ details: [{ recorded: false }] })
  second.succeed()
  await second.ended
})

test('a done step is not recorded as stuck when its answer was lost', async () => {
  const first = await attempt()
  first.succeed()
  await first.ended
  expect(await runner.recordAttention(step)).toEqual({ outcome: 'finished', attempts: 1 })
  expect(await status()).toBe('done')
})

test('an attempt that ends after its step got stuck leaves the decision to the person', async () => {
  const first = await attempt()
  expect(await runner.recordAttention(step)).toEqual({ outcome: 'recorded', attempts: 1 })
  first.succeed()
  await expect(first.ended).rejects.toMatchObject({ type: 'attempt_superseded' })
  expect(await status()).toBe('needs_attention')
})

test('an attempt that begins after its step got stuck makes no call', async () => {
  const first = await attempt()
  await runner.recordAttention(step)
  const waits = { code: errorText.code, recorded: true }
  await expect(runner.run(step)).rejects.toMatchObject({ nonRetryable: true, details: [waits] })
  expect(runner.calls).toEqual(['execute call'])
  first.fail()
  await expect(first.ended).rejects.toThrow()
})

test.each([
  ['succeeds', 'succeed'],
  ['fails', 'fail'],
] as const)('an attempt that %s after its run was cancelled changes nothing', async (_, end) => {
  const first = await attempt()
  await runner.setStatus('cancelled')
  first[end]()
  await expect(first.ended).rejects.toThrow()
  expect([await runner.status(), await status()]).toEqual(['cancelled', 'running'])
})

test.each([
  ['succeeds', 'succeed'],
  ['fails', 'fail'],
] as const)(
  'an attempt that %s while its undoing is stuck leaves the decision to the person',
  async (_, end) => {
    const first = await attempt()
    await runner.recordEnding('cancelling')
    runner.script.set('lookup call', () => ({ outcome: 'unknown' }))
    expect((await failureOf(runner.undo(step))).type).toBe('undo_outcome_unknown')
    first[end]()
    await expect(first.ended).rejects.toThrow()
    expect(await runner.entry(step)).toMatchObject({
      status: 'needs_attention',
      output: null,
      error: { code: 'undo_outcome_unknown' },
    })
  },
)
