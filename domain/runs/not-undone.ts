import type { NotUndoneReason } from '../decisions/decision.ts'
import type { RunStep, Run } from './run-record.ts'

/** The effect, or possible effect, of a step that stays after its run was cancelled. */
export interface NotUndone {
  step: string
  title: string
  why: NotUndoneReason
  /** The provider's id of the effect that stays. */
  externalReference: string | null
}

/** The effects that stay after a run was cancelled, in the order of its steps. Empty for a run in any other status. */
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
  // A step that was skipped before the cancel has the status `skipped`. So this step was skipped during its undo.
  if (skipped.includes(planned.id)) return 'left_by_person'
  if (output === null) return 'outcome_unknown'
  if (planned.undo === 'keep') return 'kept_by_policy'
  return planned.undo === 'ask' ? 'kept_by_choice' : 'not_undoable'
}
