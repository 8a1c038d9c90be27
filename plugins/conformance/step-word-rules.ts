import { type Check, countingEffects, ensure, ensureSame, shown } from './check.ts'
import { failureOf } from './failures.ts'
import { aContext, runToEnd } from './step-engine.ts'
import type { StepSubject } from './step-subject.ts'

/** The texts and data of a step: its line in a dry run, its output in the step journal, and its messages when it fails. */
export function wordRules(subject: StepSubject): Check[] {
  const { step } = subject
  const { prepareRefusedInput } = subject
  const always: Check[] = [
    {
      name: 'preview says in words what the step would do, and has no effect',
      run: () =>
        countingEffects(subject, 0, 'preview', async () => {
          const { summary } = await step.preview(subject.providers, subject.request)
          ensure(summary.trim() !== '', 'preview has no summary.')
        }),
    },
    {
      name: 'the output survives JSON and parses again, as undoing and later steps read it from the ledger',
      async run() {
        const output = await runToEnd(subject, aContext(subject), await subject.prepareInput())
        const kept: unknown = JSON.parse(shown(output))
        ensureSame(kept, output, 'The output after it went through JSON')
        const parsed = step.output.safeParse(kept)
        ensure(parsed.success, 'The output does not parse again after it went through JSON.')
      },
    },
  ]
  if (prepareRefusedInput === undefined) return always
  return [
    ...always,
    {
      name: 'an input that the step refuses is a StepError without personal data, and has no effect',
      async run() {
        const input = await prepareRefusedInput()
        await countingEffects(subject, 0, 'With an input that it refuses', () =>
          failureOf(() => runToEnd(subject, aContext(subject), input), {
            when: 'With an input that it refuses',
            classes: ['needs_input', 'terminal'],
            secrets: addressesIn(input),
            within: 10_000,
          }),
        )
      },
    },
  ]
}

function addressesIn(input: unknown): string[] {
  return shown(input).match(/[^\s"]+@[^\s"]+/g) ?? []
}
