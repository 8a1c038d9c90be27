/** A decision that a person can make on a run. */
export type DecisionAction = 'retry' | 'skip' | 'cancel'

/** What a cancel does with each step whose undo policy is `ask`, by the id of the step. */
export type UndoAnswers = Record<string, 'undo' | 'keep'>

/** A decision as its run took it. */
export interface TakenDecision {
  action: DecisionAction
  /** Set when the decision was stored before it was sent to the run. Our database then has everything else about it. */
  id?: string
  source: 'api' | 'signal' | 'clock'
  number: number
  step?: string
  actor?: string
  reason?: string
  undo?: UndoAnswers
}

/**
 * A sentence about the last decision, for a person whose decision came too late. It does not repeat what a person typed
 * into a signal, because that may be a name.
 */
export function describeLastDecision(last: {
  action: DecisionAction
  step?: string | null | undefined
  source: TakenDecision['source'] | 'bulk'
  actor?: string | null | undefined
}): string {
  const what = last.step ? `${last.action} of ${last.step}` : last.action
  const api = last.actor ?? 'the API'
  const who = { api, bulk: api, signal: 'a signal', clock: 'the clock' }[last.source]
  return `The last decision was: ${what}, by ${who}.`
}

/** Why the effect of a step, or its possible effect, stays after its run was cancelled. */
export type NotUndoneReason =
  | 'kept_by_policy'
  | 'kept_by_choice'
  | 'left_by_person'
  | 'not_undoable'
  | 'outcome_unknown'
