import { z } from 'zod'
import type { RunKind, RunRequests } from '../domain/runs/run-requests.ts'
import type { Step, StepReference } from './plugin-contract.ts'

/**
 * The fields that a step may read, in one flat object: the request, the parent id, and the declared outputs of the steps in its
 * `needs` and `reads`. The input schema of the step selects its fields.
 * @param outputOf the output of a step that is done or undone, by its id.
 */
export function fieldsForStep(
  step: Pick<Step, 'needs' | 'reads'>,
  run: { request: RunRequests[RunKind]; parentId: string },
  outputOf: (stepId: string) => Record<string, unknown> | undefined,
): Record<string, unknown> {
  const fields: Record<string, unknown> = { ...run.request, parentId: run.parentId }
  for (const declared of [...step.needs, ...step.reads]) {
    const output = outputOf(declared.id) ?? {}
    for (const name of outputNames(declared)) if (name in output) fields[name] = output[name]
  }
  return fields
}

/** The names of the fields that a step reads from the output of another. */
export function outputNames({ output }: Pick<StepReference, 'output'>): string[] {
  return output instanceof z.ZodObject ? Object.keys(output.shape) : []
}
