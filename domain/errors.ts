/**
 * What an error's class decides:
 * `retryable` follows the step's retry policy, then needs attention; `needs_input` needs attention at once and names
 * the fields; `terminal` needs attention at once and a retry is refused; `unknown_outcome` means the effect may or may
 * not have happened, so it is looked up before anything is called again.
 */
export const errorClasses = ['retryable', 'needs_input', 'terminal', 'unknown_outcome'] as const
export type ErrorClass = (typeof errorClasses)[number]

/** A field that is wrong: `pointer` is an RFC 6901 JSON pointer into the request body. */
export interface FieldProblem {
  pointer: string
  code: string
  message: string
}
