import { type Step, stepError } from '../../plugins/plugin-contract.ts'
import { type invalidCallResult, unusableStepOutput } from '../errors.ts'

/**
 * Parses the output of a step, so that only declared fields get into the step journal.
 * @param mismatch the error if the output does not match the schema of the step. Default: the error for a step that is undone with
 * our transaction or may be repeated.
 */
export function parseOutput(
  step: Step,
  output: unknown,
  mismatch: typeof unusableStepOutput | typeof invalidCallResult = unusableStepOutput,
): unknown {
  const parsed = step.output.safeParse(output)
  if (parsed.success) return parsed.data
  throw stepError(mismatch, { parameters: { title: step.title } })
}
