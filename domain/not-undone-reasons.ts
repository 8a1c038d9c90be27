/** Why what a step did, or may have done, stays although its run was cancelled. */
export const notUndoneReasons = {
  kept_by_policy: 'It is never undone.',
  kept_by_choice: 'It is not undone without asking, and whoever cancelled kept it.',
  left_by_person: 'Undoing it failed, and somebody decided to leave it as it is.',
  not_undoable: 'There is no way to undo it.',
  outcome_unknown: 'It is not known whether it happened.',
} as const

export type NotUndoneReason = keyof typeof notUndoneReasons
