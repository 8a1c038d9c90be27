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
