/**
 * Timeouts and waits of the engine, in milliseconds. A shorter timeout detects a dead worker sooner, but also takes a slow
 * worker for dead.
 */
export interface Intervals {
  /** A step goes to another worker when its worker has sent no heartbeat for this long. */
  heartbeatTimeout: number
  /** A workflow task, with its local activities, goes to another worker when its worker has not reported for this long. */
  workflowTaskTimeout: number
  /** The wait before the second attempt of a step, when its retry policy sets none. */
  firstRetry: number
}

export const defaultIntervals: Intervals = {
  heartbeatTimeout: 6_000,
  // The default of Temporal.
  workflowTaskTimeout: 10_000,
  firstRetry: 1_000,
}
