/**
 * Changes to what a workflow does next that runs under way may meet in the middle: each is asked for by `patched`, and a
 * history from before it replays as it was. A name stays until no run from before it is left, then its old branch goes.
 */
export const patches = {
  /** An optional step on which nobody decides is skipped. Before, the whole onboarding was cancelled. */
  skipOptionalInTime: 'skip-optional-in-time',
  /** An odd payload of a signal decides nothing. Before, it was taken for a decision on every step. */
  readOddPayloads: 'odd-payloads-are-read',
  /**
   * A cancel that finds the fast lane under way has every step of it undone that it did not answer for. Before, these were
   * taken for steps that never began.
   */
  undoUnansweredLane: 'undo-unanswered-lane',
  /** While a run is undone, it is found by the step whose undoing is stuck. Before, also by where it was stuck when cancelled. */
  searchForUndoing: 'search-for-undoing',
  /** A signal leaves a step that can't be undone as it is. Before, it decided nothing. */
  skipWhileUndoing: 'skip-while-undoing',
} as const
