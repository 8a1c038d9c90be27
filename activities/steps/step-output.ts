import { type Step, StepError } from '../../plugins/plugin-contract.ts'

/**
 * A step's output is parsed as it leaves the step, so that nothing undeclared gets into the journal.
 * @throws StepError `unusable_step_output` when it is not what the step declares, of a step whose effect is undone with our
 * transaction, or may be repeated.
 */
export function parseOutput(step: Step, output: unknown): unknown {
  const parsed = step.output.safeParse(output)
  if (parsed.success) return parsed.data
  throw new StepError({
    class: 'retryable',
    code: 'unusable_step_output',
    message: `“${step.title}” answered something else than the step declares, so it does not count.`,
    nextAction: 'Have the plug-in of this step corrected, then retry.',
  })
}

/**
 * As `parseOutput`, of a call to somebody else: that has happened.
 * @throws StepError `invalid_call_result`, outcome unknown.
 */
export function parseCallOutput(step: Step, output: unknown): unknown {
  const parsed = step.output.safeParse(output)
  if (parsed.success) return parsed.data
  throw new StepError({
    class: 'unknown_outcome',
    code: 'invalid_call_result',
    message: `“${step.title}” was done, and its result is not what the step declares: what it did is not recorded.`,
    nextAction: 'Have the plug-in of this step corrected, then retry: what happened is looked up first.',
  })
}
