import { asText, type Check, expectEffects, ensure, ensureSame } from '../check.ts'
import { failureOf } from '../faults/failures.ts'
import { newContext, runToEnd } from './step-engine.ts'
import type { StepSubject } from './step-subject.ts'

/** Rules for the preview of a step, its output, and its error for a refused input. */
export function dataRules(subject: StepSubject): Check[] {
  const { step, prepareRefusedInput } = subject
  const always: Check[] = [
    {
      name: 'preview returns a summary, and has no effect',
      run: () =>
        expectEffects(subject, 0, 'preview', async () => {
          const { summary } = await step.preview(subject.providers, subject.request)
          ensure(summary.trim() !== '', 'preview has no summary.')
        }),
    },
    {
      name: 'the output can be stored as JSON in the step journal, and parsed again',
      async run() {
        const output = await runToEnd(subject, newContext(subject), await subject.prepareInput())
        const stored: unknown = JSON.parse(asText(output))
        ensureSame(stored, output, 'The output after it was stored as JSON')
        const parsed = step.output.safeParse(stored)
        ensure(parsed.success, 'The output does not parse after it was stored as JSON.')
      },
    },
  ]
  if (prepareRefusedInput === undefined) return always
  return [
    ...always,
    {
      name: 'a refused input is a StepError without personal data, and has no effect',
      async run() {
        const input = await prepareRefusedInput()
        await expectEffects(subject, 0, 'With a refused input', () =>
          failureOf(() => runToEnd(subject, newContext(subject), input), {
            when: 'With a refused input',
            classes: ['needs_input', 'terminal'],
            secrets: addressesIn(input),
          }),
        )
      },
    },
  ]
}

function addressesIn(input: unknown): string[] {
  return asText(input).match(/[^\s"]+@[^\s"]+/g) ?? []
}
