import { type Check, countingEffects, effects, ensure } from './check.ts'
import { rolledBack } from './rolled-back.ts'
import { aContext, callOutside, executeInside, recordOutside, runToEnd } from './step-engine.ts'
import { type StepSubject, transact } from './step-subject.ts'

/** However often an attempt breaks off, the effect is there once in the end. */
export function executionRules(subject: StepSubject): Check[] {
  return subject.placement === 'transactional' ? insideRules(subject) : outsideRules(subject)
}

function insideRules(subject: StepSubject): Check[] {
  return [
    {
      name: 'a step that dies before its commit has no effect, and runs again',
      async run() {
        const expected = await effectsUndisturbed(subject)
        const input = await subject.prepareInput()
        const context = aContext(subject)
        await countingEffects(subject, 0, 'Executed and rolled back', () =>
          rolledBack(
            (body) => transact(subject, body),
            (inside) => executeInside(subject, { ...context, ...inside }, input),
          ),
        )
        await countingEffects(subject, expected, 'Executed after a rollback', () =>
          runToEnd(subject, context, input),
        )
      },
    },
  ]
}

function outsideRules(subject: StepSubject): Check[] {
  return [
    {
      name: 'a step whose answer is lost has its effect once, after the look-up and the next attempt',
      async run() {
        const expected = await effectsUndisturbed(subject)
        const input = await subject.prepareInput()
        const context = aContext(subject)
        const before = await subject.countEffects()
        await callOutside(subject, context, input)
        const output = await afterLookup(subject, input, context)
        // Nobody but a person can tell, so nothing more is done by itself.
        if (output === undefined) return
        await recordOutside(subject, input, output)
        const made = (await subject.countEffects()) - before
        ensure(
          made === expected,
          `Executed, its answer lost, looked up and tried again: expected ${effects(expected)}, and counted ${made}.`,
        )
      },
    },
    {
      name: 'the look-up of a call that never arrived does not say that it happened, and has no effect',
      async run() {
        const { step } = subject
        if (step.placement === 'transactional' || step.lookup === undefined) return
        const input = step.input.parse(await subject.prepareInput())
        await countingEffects(subject, 0, 'A look-up', async () => {
          const found = await step.lookup?.(aContext(subject), input)
          ensure(found?.outcome !== 'happened', 'The look-up says that a call happened which never arrived.')
        })
      },
    },
    {
      name: 'a step whose signal has aborted has no effect',
      async run() {
        const input = await subject.prepareInput()
        const context = { ...aContext(subject), signal: AbortSignal.abort() }
        await countingEffects(subject, 0, 'Executed with a signal that had aborted', async () => {
          const succeeded = await callOutside(subject, context, input).then(
            () => true,
            () => false,
          )
          ensure(!succeeded, 'With a signal that had aborted, the step says that it succeeded.')
        })
      },
    },
  ]
}

/** As the engine goes on when an outcome is unknown. @returns undefined when a person is asked. */
async function afterLookup(
  subject: StepSubject,
  input: unknown,
  context: ReturnType<typeof aContext>,
): Promise<unknown> {
  const { step } = subject
  if (step.placement === 'transactional' || step.lookup === undefined) return undefined
  const found = await step.lookup(context, step.input.parse(input))
  if (found.outcome === 'unknown') return undefined
  if (found.outcome === 'absent' || found.outcome === 'either')
    return (await callOutside(subject, context, input)).output
  return step.output.parse(found.result.output)
}

async function effectsUndisturbed(subject: StepSubject): Promise<number> {
  const input = await subject.prepareInput()
  const before = await subject.countEffects()
  await runToEnd(subject, aContext(subject), input)
  return (await subject.countEffects()) - before
}
