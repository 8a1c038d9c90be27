import type { JournalEntry, LockedRun } from '../../domain/runs/step-journal.ts'
import { type Step, stepError } from '../../plugins/plugin-contract.ts'
import { fieldsForStep } from '../../plugins/exact-input.ts'
import { invalidStepInput } from '../errors.ts'
import { asRecord, type Outcome } from './attempt.ts'

/**
 * The fields that a step may read: see `fieldsForStep`.
 * @param fresh results that are not in the step journal yet.
 */
export function stepInput(
  step: Step,
  run: LockedRun,
  fresh: Outcome['results'] = [],
): Record<string, unknown> {
  return fieldsForStep(step, run, (id) => {
    const result = fresh.find(({ attempt }) => attempt.planned.id === id)?.result
    return result === undefined ? recordedOutput(run.entries.get(id)) : asRecord(result.output)
  })
}

/** The output of an undone step is the answer of its undo, for the steps that are undone after it. */
function recordedOutput(entry: JournalEntry | undefined): Record<string, unknown> | undefined {
  if (entry?.status !== 'done' && entry?.status !== 'compensated') return undefined
  return entry.output ?? undefined
}

/** @throws StepError `invalid_step_input`, which names the fields that do not match the input schema of the step. */
export function parseInput(step: Step, raw: unknown): unknown {
  const parsed = step.input.safeParse(raw)
  if (parsed.success) return parsed.data
  throw stepError(invalidStepInput, {
    fields: parsed.error.issues.map((issue) => ({
      pointer: issue.path.map((part) => `/${String(part)}`).join(''),
      message: issue.message,
    })),
  })
}
