import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ErrorClass } from '../../../domain/errors/error-class.ts'
import { plannedStep } from '../../builders/planned-step.ts'
import { failing, words } from './scripted-plugin.ts'
import { failureOf, startStepRunner, type StepRunner } from './step-runner.ts'

let runner: StepRunner
beforeAll(async () => {
  runner = await startStepRunner()
})
afterAll(() => runner.close())
beforeEach(() => runner.reset())

const call = plannedStep('call')
const blindCall = plannedStep('blind-call')
const fail = (step: string, errorClass: ErrorClass) =>
  runner.script.set(`execute ${step}`, failing(errorClass))

const intentAfter = async (step: typeof call, errorClass: ErrorClass) => {
  await runner.accept([step])
  fail(step.id, errorClass)
  await failureOf(runner.run(step))
  return (await runner.ledger(step))?.intentAt
}

describe('what an external call that failed leaves behind', () => {
  test.each(['needs_input', 'terminal'] as const)(
    'nothing, when it says for sure: %s',
    async (errorClass) => {
      expect(await intentAfter(call, errorClass)).toBeNull()
      expect(await intentAfter(blindCall, errorClass)).toBeNull()
    },
  )

  test('a doubt, when its outcome is unknown', async () => {
    expect(await intentAfter(call, 'unknown_outcome')).toEqual(expect.any(Date))
    expect(await intentAfter(blindCall, 'unknown_outcome')).toEqual(expect.any(Date))
  })

  test('a doubt, when it may be repeated and the provider can be asked; else it is repeated', async () => {
    expect(await intentAfter(call, 'retryable')).toEqual(expect.any(Date))
    expect(await intentAfter(blindCall, 'retryable')).toBeNull()
  })

  test('no doubt, when its look-up says that an earlier call never arrived', async () => {
    await runner.accept([call])
    await runner.loseAnswer(call)
    fail('call', 'needs_input')
    await failureOf(runner.run(call))
    expect(runner.calls).toEqual(['execute call', 'lookup call', 'execute call'])
    expect((await runner.ledger(call))?.intentAt).toBeNull()
  })

  test('the doubt about an earlier call, when its look-up could not tell', async () => {
    await runner.accept([call])
    await runner.loseAnswer(call)
    runner.script.set('lookup call', failing('needs_input'))
    expect((await failureOf(runner.run(call))).type).toBe(words.code)
    expect(runner.calls).toEqual(['execute call', 'lookup call'])
    expect((await runner.ledger(call))?.intentAt).toEqual(expect.any(Date))
  })

  test('the doubt about an earlier call, when it did not come as far as calling', async () => {
    await runner.accept([call])
    await runner.loseAnswer(call)
    const before = (await runner.ledger(call))?.intentAt
    await failureOf(runner.run(plannedStep('call', { version: 2 })))
    expect(await runner.ledger(call)).toMatchObject({
      intentAt: before,
      attempts: 2,
      error: { code: 'step_missing' },
    })
  })
})
