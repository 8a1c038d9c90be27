import { approvalRules } from './step-approval-rules.ts'
import { executionRules } from './step-execution-rules.ts'
import { repeatRules } from './step-repeat-rules.ts'
import type { Check } from '../check.ts'
import type { StepSubject } from './step-subject.ts'
import { undoRules } from './step-undo-rules.ts'
import { dataRules } from './step-data-rules.ts'

/**
 * Returns one check for each rule of the contract of a step. A check runs the step in the same way as the worker.
 *
 * @example
 * for (const { name, run } of stepChecks(subject)) test(name, run)
 */
export function stepChecks(subject: StepSubject): Check[] {
  return [executionRules, repeatRules, undoRules, dataRules, approvalRules].flatMap((rules) => rules(subject))
}
