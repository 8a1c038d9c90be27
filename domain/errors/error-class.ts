/**
 * The classes of errors:
 * - `retryable`: the step is tried again by its retry policy, then needs attention.
 * - `needs_input`: the step needs attention at once. The error names the fields to correct.
 * - `terminal`: the step needs attention at once, and a retry is refused.
 * - `unknown_outcome`: the effect may or may not have happened. The step looks it up before it calls again.
 */
export const errorClasses = ['retryable', 'needs_input', 'terminal', 'unknown_outcome'] as const
export type ErrorClass = (typeof errorClasses)[number]

/** `as_is`: after the next action of the error. `refused`: the step would fail in the same way. */
export const retryVerdicts = ['as_is', 'with_correction', 'refused'] as const
export type RetryVerdict = (typeof retryVerdicts)[number]

/**
 * Whether a retry can succeed.
 * @param during `correctable`: people may correct the request of the run. `fixed`: they may not. `undo`: the run was
 * cancelled and the step is being undone. A retry of an undo is never refused, because a cancelled run must reach its end.
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

/** An invalid field. `pointer` is a JSON pointer (RFC 6901) into the request body. */
export interface FieldProblem {
  pointer: string
  code: string
  message: string
}
