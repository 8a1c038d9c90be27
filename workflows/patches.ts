/**
 * Changes to what a workflow does next that runs under way may meet in the middle: each is asked for by `patched`, and a
 * history from before it replays as it was. A name stays until no run from before it is left, then its old branch goes.
 */
export const patches = {
  /** An optional step on which nobody decides is skipped. Before, the whole onboarding was cancelled. */
  skipOptionalInTime: 'skip-optional-in-time',
  /** A signal that is not understood decides nothing. Before, some that were not were about every step. */
  readOddPayloads: 'odd-payloads-are-read',
  /** A signal leaves a step that can't be undone as it is. Before, it decided nothing. */
  skipWhileUndoing: 'skip-while-undoing',
} as const
