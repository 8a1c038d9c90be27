import type { LockedRun } from '../../domain/runs/step-journal.ts'
import { type Step, stepError } from '../../plugins/plugin-contract.ts'
import { invalidStepInput } from '../errors.ts'

/**
 * What a step may read, in one flat object: the request, the parent, and the outputs of the steps that are done or undone. The
 * step's own schema picks from it. `fresh` holds outputs that the journal does not have yet.
 */
export function stepInput(run: LockedRun, fresh: readonly unknown[] = []): Record<string, unknown> {
  const input: Record<string, unknown> = { ...run.request, parentId: run.parentId }
  for (const entry of run.entries.values()) {
    // What undoing a step answered is for the steps that are undone after it.
    if (entry.status === 'done' || entry.status === 'compensated') Object.assign(input, entry.output)
  }
  for (const output of fresh) Object.assign(input, output)
  return input
}

/** The ids that a run's own row takes over from its steps' outputs. */
export function producedIds(outputs: Iterable<unknown>): { organizationId?: string; userId?: string } {
  const merged: Record<string, unknown> = Object.assign({}, ...outputs)
  return {
    ...(typeof merged.organizationId === 'string' ? { organizationId: merged.organizationId } : {}),
    ...(typeof merged.userId === 'string' ? { userId: merged.userId } : {}),
  }
}

/** @throws StepError `invalid_step_input`, naming the fields that the request does not have as the step needs them. */
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
