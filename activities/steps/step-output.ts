import { type Step, stepError } from '../../plugins/plugin-contract.ts'
import { invalidCallResult, unusableStepOutput } from '../errors.ts'

/**
 * Parses the output of a step that is undone with our transaction or may be repeated, so that only declared fields get into the
 * step journal.
 * @throws StepError `unusable_step_output` if the output does not match the schema of the step.
 */
export function parseOutput(step: Step, output: unknown): unknown {
  const parsed = step.output.safeParse(output)
  if (parsed.success) return parsed.data
  throw stepError(unusableStepOutput, { parameters: { title: step.title } })
}

/**
 * Parses the output of a call to a provider, which has had its effect.
 * @throws StepError `invalid_call_result`, with an unknown outcome, if the output does not match the schema of the step.
 */
export function parseCallOutput(step: Step, output: unknown): unknown {
  const parsed = step.output.safeParse(output)
  if (parsed.success) return parsed.data
  throw stepError(invalidCallResult, { parameters: { title: step.title } })
}
