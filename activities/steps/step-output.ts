import { type Step, stepError } from '../../plugins/plugin-contract.ts'
import { invalidCallResult, unusableStepOutput } from '../errors.ts'

/**
 * A step's output is parsed as it leaves the step, so that nothing undeclared gets into the journal.
 * @throws StepError `unusable_step_output` when it is not what the step declares, of a step whose effect is undone with our
 * transaction, or may be repeated.
 */
export function parseOutput(step: Step, output: unknown): unknown {
  const parsed = step.output.safeParse(output)
  if (parsed.success) return parsed.data
  throw stepError(unusableStepOutput, { parameters: { title: step.title } })
}

/**
 * As `parseOutput`, of a call to somebody else: that has happened.
 * @throws StepError `invalid_call_result`, outcome unknown.
 */
export function parseCallOutput(step: Step, output: unknown): unknown {
  const parsed = step.output.safeParse(output)
  if (parsed.success) return parsed.data
  throw stepError(invalidCallResult, { parameters: { title: step.title } })
}
