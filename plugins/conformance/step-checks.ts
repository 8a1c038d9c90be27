import { askingRules } from './step-asking-rules.ts'
import { executionRules } from './step-execution-rules.ts'
import type { Check } from './check.ts'
import type { StepSubject } from './step-subject.ts'
import { undoRules } from './step-undo-rules.ts'
import { wordRules } from './step-word-rules.ts'

/**
 * The rules that every step keeps, each as a check, run as the engine runs it.
 *
 * @example
 * for (const { name, run } of stepChecks(subject)) test(name, run)
 */
export function stepChecks(subject: StepSubject): Check[] {
  return [...executionRules(subject), ...undoRules(subject), ...wordRules(subject), ...askingRules(subject)]
}
