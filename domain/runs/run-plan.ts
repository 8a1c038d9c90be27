/** The attempts of a step before it needs attention. Times are in milliseconds. */
export interface RetryPolicy {
  initialInterval: number
  /** The factor by which each further wait is longer than the one before; at least 1. */
  backoffCoefficient: number
  maximumInterval: number
  /** The number of attempts, the first included. */
  maximumAttempts: number
}

/** What a cancel does with a done step: `undo` it, `keep` it, or `ask` the person who cancels. */
export type UndoPolicy = 'undo' | 'keep' | 'ask'

/** Where a step has its effect. `transactional`: only in our own Postgres. `external`: at a provider. */
export type Placement = 'transactional' | 'external'

/** One step of a run plan. The plan is plain data, fixed when the request is accepted. */
export interface PlannedStep {
  id: string
  version: number
  title: string
  /** The ids of the steps that must be resolved before this step starts. */
  needs: string[]
  placement: Placement
  optional: boolean
  undo: UndoPolicy
  /** The step changes nothing, so there is nothing to undo. */
  readOnly?: true
  retry: RetryPolicy
  /** The longest duration of one attempt, in milliseconds. */
  timeout: number
  /** The step goes to another worker when its worker has sent no heartbeat for this long, in milliseconds. */
  heartbeatTimeout: number
}
