import { type Check, expectEffects } from '../check.ts'
import { failureOf } from '../faults/failures.ts'
import { newContext, runToEnd } from './step-engine.ts'
import type { StepSubject } from './step-subject.ts'

/** The rule for a step that asks a person before it has an effect. */
export function approvalRules(subject: StepSubject): Check[] {
  if (subject.asksFirst !== true) return []
  return [
    {
      name: 'a step that asks first has no effect until a person agrees',
      async run() {
        const input = await subject.prepareInput()
        const when = 'On the first attempt, before a person was asked'
        await expectEffects(subject, 0, when, () =>
          failureOf(() => runToEnd(subject, { ...newContext(subject), retries: 0 }, input), {
            when,
            classes: ['needs_input'],
          }),
        )
      },
    },
  ]
}
