import type { StepStatus } from '../database/tables/run-tables.ts'
import type { FieldChange } from './request-changes.ts'
import type { PlannedStep } from './run-plan.ts'
import type { JournalEntry, LockedRun, StepChange } from './step-journal.ts'

/** Whether a step of a run plan reads a field of the request, by its JSON pointer (RFC 6901). */
export type ReadsField = (step: PlannedStep, pointer: string) => boolean

const resolved: readonly StepStatus[] = ['done', 'skipped', 'compensated']

/**
 * The journal entries that follow a change of the request: each step that has begun, is not resolved, and reads a changed field
 * gets a new revision, so that a provider never gets one key with two bodies.
 * @returns undefined when the outcome of a call of such a step is unknown, so that the request cannot change yet.
 */
export function newRevisions(
  run: Pick<LockedRun, 'plan' | 'entries'>,
  changes: readonly Pick<FieldChange, 'pointer'>[],
  reads: ReadsField,
): StepChange[] | undefined {
  const affected = run.plan.flatMap((step) => {
    const entry = run.entries.get(step.id)
    if (entry === undefined || resolved.includes(entry.status)) return []
    return changes.some(({ pointer }) => reads(step, pointer)) ? [entry] : []
  })
  return affected.some(({ intentAt }) => intentAt !== null) ? undefined : affected.map(withNextRevision)
}

function withNextRevision({ stepId, revision, status, attempts, retries, error }: JournalEntry): StepChange {
  const next = { stepId, revision: revision + 1, status, attempts, retries, error }
  return { ...next, intentAt: null, finishedAt: null }
}
