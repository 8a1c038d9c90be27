import type { NotUndoneReason } from '../decisions/decision.ts'
import type { RunStep, Run } from './run-record.ts'

/** Something that a cancelled run did, or may have done, and that stays. */
export interface NotUndone {
  step: string
  title: string
  why: NotUndoneReason
  /** Under which a provider knows what stays. */
  externalReference: string | null
}

/** What a cancelled run left behind, in the order of its steps; nothing while it is not cancelled. */
export function notUndone(run: Run): NotUndone[] {
  if (run.status !== 'cancelled') return []
  return run.steps.flatMap((step) => {
    const why = reasonOf(step, run.skippedSteps)
    if (why === undefined) return []
    const { planned, externalReference } = step
    return [{ step: planned.id, title: planned.title, why, externalReference }]
  })
}

function reasonOf(step: RunStep, skipped: readonly string[]): NotUndoneReason | undefined {
  const { planned, output, intentAt } = step
  if (planned.readOnly || step.status === 'compensated' || step.status === 'skipped') return undefined
  if (output === null && intentAt === null) return undefined
  // What was skipped while it was being done has that status, so this one was skipped while it was being undone.
  if (skipped.includes(planned.id)) return 'left_by_person'
  if (output === null) return 'outcome_unknown'
  if (planned.undo === 'keep') return 'kept_by_policy'
  return planned.undo === 'ask' ? 'kept_by_choice' : 'not_undoable'
}
