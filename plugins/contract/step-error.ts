import type { ErrorClass } from '../../domain/errors/error-class.ts'

/**
 * The one error a plug-in throws on purpose. Anything else it throws is taken as `retryable` with the code `unexpected`.
 * `message` and `nextAction` are shown to people and stored in workflow history, so they carry no personal data and
 * no secrets.
 *
 * @example
 * ```ts
 * import { StepError } from 'tenantry'
 *
 * export function refusal(response: Response): StepError {
 *   return new StepError({
 *     class: response.status === 422 ? 'needs_input' : 'retryable',
 *     code: 'crm_refused',
 *     message: `The CRM refused the account (${response.status}).`,
 *     nextAction: 'Look at what the CRM says about the account, then retry.',
 *   })
 * }
 * ```
 */
export class StepError extends Error {
  override readonly name = 'StepError'
  /** What happens next: see `ErrorClass`. */
  readonly class: ErrorClass
  /** Stable, lower snake case. */
  readonly code: string
  /** What a person should do now, in plain words. */
  readonly nextAction: string
  /** For `needs_input`: which fields of the request to correct. */
  readonly fields: { pointer: string; message: string }[]
  /** For `retryable`: the provider asked to wait this long, in milliseconds. */
  readonly retryAfter: number | undefined

  constructor(details: {
    class: ErrorClass
    code: string
    message: string
    nextAction: string
    fields?: { pointer: string; message: string }[]
    retryAfter?: number | undefined
  }) {
    super(details.message)
    this.class = details.class
    this.code = details.code
    this.nextAction = details.nextAction
    this.fields = details.fields ?? []
    this.retryAfter = details.retryAfter
  }
}
