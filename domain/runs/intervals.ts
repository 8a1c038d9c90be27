/** How long the engine takes silence for work, in milliseconds. Shorter finds a dead worker sooner, and calls a slow one dead. */
export interface Intervals {
  /** A step whose worker reports nothing for this long is given to another worker. */
  heartbeatTimeout: number
  /** A workflow task, with the local activities in it, whose worker reports nothing for this long is given to another worker. */
  workflowTaskTimeout: number
  /** The wait before the second attempt at a step whose own retry policy says nothing of it. */
  firstRetry: number
}

export const defaultIntervals: Intervals = {
  heartbeatTimeout: 6_000,
  // Temporal's own default.
  workflowTaskTimeout: 10_000,
  firstRetry: 1_000,
}
