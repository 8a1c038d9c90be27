import { inTransaction } from '../../plugin-contract.ts'
import { type Check, expectEffects, effectsInWords, ensure } from '../check.ts'
import { rolledBack } from '../rolled-back.ts'
import {
  afterLookup,
  callOutside,
  executeInside,
  newContext,
  recordOutside,
  runToEnd,
} from './step-engine.ts'
import { type StepSubject, transact } from './step-subject.ts'

/** Rules for interrupted attempts: the step has its effect exactly once in the end. */
export function executionRules(subject: StepSubject): Check[] {
  return subject.placement === 'transactional' ? insideRules(subject) : outsideRules(subject)
}

function insideRules(subject: StepSubject): Check[] {
  return [
    {
      name: 'a step that ends before its commit has no effect, and can run again',
      async run() {
        const expected = await countWithoutFaults(subject)
        const input = await subject.prepareInput()
        const context = newContext(subject)
        await expectEffects(subject, 0, 'Executed and rolled back', () =>
          rolledBack(
            (body) => transact(subject, body),
            (inside) => executeInside(subject, inTransaction(context, inside), input),
          ),
        )
        await expectEffects(subject, expected, 'Executed after a rollback', () =>
          runToEnd(subject, context, input),
        )
      },
    },
  ]
}

function outsideRules(subject: StepSubject): Check[] {
  return [
    {
      name: 'a step with a lost answer has its effect once, after lookup and the next attempt',
      async run() {
        const expected = await countWithoutFaults(subject)
        const input = await subject.prepareInput()
        const context = newContext(subject)
        const before = await subject.countEffects()
        await callOutside(subject, context, input)
        const output = await afterLookup(subject, input, context)
        // A person has to decide, so the engine makes no further attempt.
        if (output === undefined) return
        await recordOutside(subject, input, output)
        const made = (await subject.countEffects()) - before
        ensure(
          made === expected,
          `Executed with a lost answer, looked up and executed again: expected ${effectsInWords(expected)}, and counted ${made}.`,
        )
      },
    },
    {
      name: 'lookup of a call that never arrived does not return happened, and has no effect',
      async run() {
        const { step } = subject
        if (step.placement === 'transactional' || step.lookup === undefined) return
        const input = step.input.parse(await subject.prepareInput())
        await expectEffects(subject, 0, 'A lookup', async () => {
          const found = await step.lookup?.(newContext(subject), input)
          ensure(found?.outcome !== 'happened', 'lookup returned happened for a call that never arrived.')
        })
      },
    },
    {
      name: 'a step with a signal that has aborted has no effect',
      async run() {
        const input = await subject.prepareInput()
        const context = { ...newContext(subject), signal: AbortSignal.abort() }
        await expectEffects(subject, 0, 'Executed with a signal that had aborted', async () => {
          const succeeded = await callOutside(subject, context, input).then(
            () => true,
            () => false,
          )
          ensure(!succeeded, 'With a signal that had aborted, the step succeeded.')
        })
      },
    },
  ]
}

/** Returns the number of effects of the step when no fault occurs. */
async function countWithoutFaults(subject: StepSubject): Promise<number> {
  const input = await subject.prepareInput()
  const before = await subject.countEffects()
  await runToEnd(subject, newContext(subject), input)
  return (await subject.countEffects()) - before
}
