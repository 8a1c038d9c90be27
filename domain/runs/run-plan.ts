/** How often, and for how long, a step is tried before a person is asked. Times are milliseconds. */
export interface RetryPolicy {
  /** The wait before the second attempt. */
  initialInterval: number
  /** How many times as long each further wait is as the one before, from 1. */
  backoffCoefficient: number
  /** The longest wait between two attempts. */
  maximumInterval: number
  /** How many attempts there are in all, the first included. */
  maximumAttempts: number
}

/** What cancelling does with a step that is done: `undo` it, `keep` it, or `ask` the person who cancels. */
export type UndoPolicy = 'undo' | 'keep' | 'ask'

/** `transactional` touches only our own Postgres; `external` calls somebody else. */
export type Placement = 'transactional' | 'external'

/** One step of a run's plan: plain data, resolved when the request is accepted and never changed afterwards. */
export interface PlannedStep {
  id: string
  version: number
  title: string
  needs: string[]
  placement: Placement
  optional: boolean
  undo: UndoPolicy
  /** It changes nothing, so there is nothing to undo. */
  readOnly?: true
  retry: RetryPolicy
  /** Longest time one attempt may take, in milliseconds. */
  timeout: number
  /** The step is given to another worker when its worker reports nothing for this long, in milliseconds. */
  heartbeatTimeout: number
}
