import { describe, expect, test } from 'vitest'
import type { ErrorClass } from '../../../domain/errors/error-class.ts'
import { plannedStep } from '../../builders/planned-step.ts'
import { blindCall, call, errorText, failing } from './scripted-plugin.ts'
import { failureOf, startStepRunnerForFile } from './step-runner.ts'

const runner = await startStepRunnerForFile([call])

const intentAfter = async (step: typeof call, errorClass: ErrorClass) => {
  await runner.accept([step])
  await runner.getStuck(step, errorClass)
  return (await runner.entry(step))?.intentAt
}

describe('a failed external call', () => {
  test.each(['needs_input', 'terminal'] as const)(
    'keeps no intent when its error class is %s',
    async (errorClass) => {
      expect(await intentAfter(call, errorClass)).toBeNull()
      expect(await intentAfter(blindCall, errorClass)).toBeNull()
    },
  )

  test('keeps its intent when its outcome is unknown', async () => {
    expect(await intentAfter(call, 'unknown_outcome')).toEqual(expect.any(Date))
    expect(await intentAfter(blindCall, 'unknown_outcome')).toEqual(expect.any(Date))
  })

  test('keeps its intent when its error is retryable and it has a lookup', async () => {
    expect(await intentAfter(call, 'retryable')).toEqual(expect.any(Date))
    expect(await intentAfter(blindCall, 'retryable')).toBeNull()
  })

  test('keeps no intent when its lookup found that the earlier call never arrived', async () => {
    await runner.loseAnswer(call)
    runner.script.set('execute call', failing('needs_input'))
    await failureOf(runner.run(call))
    expect(runner.calls).toEqual(['execute call', 'lookup call', 'execute call'])
    expect((await runner.entry(call))?.intentAt).toBeNull()
  })

  test('keeps the intent of the earlier call when its lookup failed', async () => {
    await runner.loseAnswer(call)
    runner.script.set('lookup call', failing('needs_input'))
    expect((await failureOf(runner.run(call))).type).toBe(errorText.code)
    expect(runner.calls).toEqual(['execute call', 'lookup call'])
    expect((await runner.entry(call))?.intentAt).toEqual(expect.any(Date))
  })

  test('keeps the intent of the earlier call when it failed before its lookup', async () => {
    await runner.loseAnswer(call)
    const before = (await runner.entry(call))?.intentAt
    await failureOf(runner.run(plannedStep('call', { version: 2 })))
    expect(await runner.entry(call)).toMatchObject({
      intentAt: before,
      attempts: 2,
      error: { code: 'step_missing' },
    })
  })
})
