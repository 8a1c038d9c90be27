/** What a person can decide on a run. */
export type DecisionAction = 'retry' | 'skip' | 'cancel'

/** What a cancel does with each step whose policy is to ask, by step id. */
export type UndoAnswers = Record<string, 'undo' | 'keep'>

/** A decision as the run took it. */
export interface TakenDecision {
  action: DecisionAction
  /** Set when it was written down before it was handed over; then all else about it is in our own database. */
  id?: string
  source: 'api' | 'signal' | 'clock'
  /** The how-manyth decision of this run it is. */
  number: number
  step?: string
  actor?: string
  reason?: string
  undo?: UndoAnswers
}

/** For whoever was too late. What a person typed into a signal is not repeated, because it may be a name. */
export function wordsOfLast(last: {
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

/** Why what a step did, or may have done, stays although its run was cancelled. */
export type NotUndoneReason =
  | 'kept_by_policy'
  | 'kept_by_choice'
  | 'left_by_person'
  | 'not_undoable'
  | 'outcome_unknown'
