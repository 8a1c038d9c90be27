/**
 * What an error's class decides:
 * `retryable` follows the step's retry policy, then needs attention; `needs_input` needs attention at once and names
 * the fields; `terminal` needs attention at once and a retry is refused; `unknown_outcome` means the effect may or may
 * not have happened, so it is looked up before anything is called again.
 */
export const errorClasses = ['retryable', 'needs_input', 'terminal', 'unknown_outcome'] as const
export type ErrorClass = (typeof errorClasses)[number]

/**
 * Whether another try of a step that failed can help: `as_is` once the next action was taken, `with_correction` of the
 * fields that the error names; `refused` when it would fail in the same way.
 */
export const retryVerdicts = ['as_is', 'with_correction', 'refused'] as const
export type RetryVerdict = (typeof retryVerdicts)[number]

/**
 * Whether a retry can help. What some kinds of run were asked for is fixed, so there a correction can't.
 * Undoing is never refused another try, since a run that is being undone has no other way to its end.
 */
export function judgeRetry(
  error: { class: ErrorClass; fields?: readonly unknown[] },
  during: 'correctable' | 'fixed' | 'undo',
): RetryVerdict {
  if (during === 'undo') return 'as_is'
  if (error.class === 'terminal') return 'refused'
  const namesFields = error.class === 'needs_input' && (error.fields ?? []).length > 0
  return during === 'correctable' && namesFields ? 'with_correction' : 'as_is'
}

/** A field that is wrong: `pointer` is an RFC 6901 JSON pointer into the request body. */
export interface FieldProblem {
  pointer: string
  code: string
  message: string
}
