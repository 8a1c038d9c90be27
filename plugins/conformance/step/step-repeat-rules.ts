import { type Check, effectsInWords, ensure, expectEffects } from '../check.ts'
import { type ForgetfulProviders, forgetfulProviders } from '../faults/forgetful-providers.ts'
import {
  afterLookup,
  callOutside,
  newContext,
  nextAttempt,
  recordOutside,
  runToEnd,
  storedOutput,
  undoing,
} from './step-engine.ts'
import { type StepSubject, transact } from './step-subject.ts'

/**
 * Rules for a step whose calls go to a billing provider that has forgotten their keys: a person may retry after days. The answer of
 * each call is lost once.
 */
export function repeatRules(subject: StepSubject): Check[] {
  if (subject.placement === 'transactional') return []
  return [
    {
      name: 'a call that the provider has on record is not sent again, even if the provider has forgotten its key',
      async run() {
        const { calls, effects } = await withoutFaults(subject)
        for (let lost = 1; lost <= calls; lost += 1) await executeAgain(subject, { lost, expected: effects })
      },
    },
    ...(subject.step.compensate === undefined
      ? []
      : [
          {
            name: 'an undo that is tried again sends no call that the provider has on record',
            async run() {
              for (let lost = 1; await undoAgain(subject, lost); lost += 1);
            },
          },
        ]),
  ]
}

async function executeAgain(
  subject: StepSubject,
  { lost, expected }: { lost: number; expected: number },
): Promise<void> {
  const { through, providers } = forgetful(subject)
  const input = await subject.prepareInput()
  const context = newContext(through)
  const before = await subject.countEffects()
  providers.loseAnswer(lost)
  await callOutside(through, context, input).catch(() => undefined)
  const output = await decided(through, input, context)
  if (output === undefined) return
  await recordOutside(subject, input, output)
  const what = `Executed again after the answer to call ${lost} was lost`
  ensureNotSentAgain(providers, what)
  const made = (await subject.countEffects()) - before
  ensure(made === expected, `${what}: expected ${effectsInWords(expected)}, and counted ${made}.`)
}

/** A person retries a step that cannot look up its calls. */
async function decided(
  subject: StepSubject,
  input: unknown,
  context: ReturnType<typeof newContext>,
): Promise<unknown> {
  const { step } = subject
  if (step.placement !== 'transactional' && step.lookup !== undefined)
    return afterLookup(subject, input, context)
  return (await callOutside(subject, nextAttempt(subject, context), input)).output
}

/** @returns whether the undo makes so many calls. */
async function undoAgain(subject: StepSubject, lost: number): Promise<boolean> {
  const { through, providers } = forgetful(subject)
  const { step } = subject
  ensure(step.placement !== 'transactional', `The step "${step.id}" is transactional.`)
  const what = `Undone again after the answer to call ${lost} was lost`
  const rawInput = await subject.prepareInput()
  return expectEffects(subject, 0, what, async () => {
    const input = step.input.parse(rawInput)
    const executed = newContext(through)
    const output = storedOutput(subject, await runToEnd(through, executed, rawInput))
    const context = undoing(through, executed)
    const before = providers.calls()
    providers.loseAnswer(before + lost)
    await step.compensate?.(context, input, output).catch(() => undefined)
    const reached = providers.calls() === before + lost
    providers.loseAnswer(0)
    await step.compensate?.(context, input, output)
    if (step.unrecord !== undefined)
      await transact(subject, async (inside) => step.unrecord?.(inside, input, output))
    ensureNotSentAgain(providers, what)
    return reached
  })
}

function ensureNotSentAgain(providers: ForgetfulProviders, what: string): void {
  const names = providers.sentAgain().join(', ')
  ensure(names === '', `${what}, the step sent ${names} again, although find knows the call.`)
}

function forgetful(subject: StepSubject): { through: StepSubject; providers: ForgetfulProviders } {
  const providers = forgetfulProviders(subject.providers)
  return { through: { ...subject, providers }, providers }
}

/** Returns the number of calls and of effects of the step when no answer is lost. */
async function withoutFaults(subject: StepSubject): Promise<{ calls: number; effects: number }> {
  const { through, providers } = forgetful(subject)
  const input = await subject.prepareInput()
  const before = await subject.countEffects()
  await runToEnd(through, newContext(through), input)
  return { calls: providers.calls(), effects: (await subject.countEffects()) - before }
}
