import { type Check, countingEffects } from './check.ts'
import { failureOf } from './failures.ts'
import { aContext, runToEnd } from './step-engine.ts'
import type { StepSubject } from './step-subject.ts'

/** Nothing happens before the person who is asked has agreed. */
export function askingRules(subject: StepSubject): Check[] {
  if (subject.asksFirst !== true) return []
  return [
    {
      name: 'a step that asks first waits for a person, and has no effect until then',
      async run() {
        const input = await subject.prepareInput()
        const when = 'On the first try, before anybody was asked'
        await countingEffects(subject, 0, when, () =>
          failureOf(() => runToEnd(subject, { ...aContext(subject), retries: 0 }, input), {
            when,
            classes: ['needs_input'],
            within: 10_000,
          }),
        )
      },
    },
  ]
}
