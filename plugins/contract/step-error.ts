import type { FillingOf, StepErrorDeclaration, TextsOf } from '../../domain/errors/error-declaration.ts'
import { fill } from '../../domain/errors/error-text.ts'
import type { ErrorClass } from '../../domain/errors/error-class.ts'

/** The details of an error that are known only where it is thrown. */
interface StepErrorFacts {
  /** For `needs_input`: the fields of the request to correct. Default: none. */
  fields?: { pointer: string; message: string }[] | undefined
  /** For `retryable`: the milliseconds to wait, as the provider asked. Default: the retry policy decides. */
  retryAfter?: number | undefined
}

/**
 * The only error that a plug-in throws on purpose. Any other error is `retryable` with the code `unexpected`. People see `message`
 * and `nextAction`, and the workflow history stores them, so they must not contain personal data or secrets.
 *
 * `stepError` creates one from a declaration. Use the constructor for a code that is known only at run time, such as the code of a
 * provider.
 */
export class StepError extends Error {
  override readonly name = 'StepError'
  /** What happens next: see `ErrorClass`. */
  readonly class: ErrorClass
  /** The stable code of the error, in lower snake case. */
  readonly code: string
  /** The action that solves the problem, in plain words. */
  readonly nextAction: string
  readonly fields: { pointer: string; message: string }[]
  readonly retryAfter: number | undefined

  constructor(
    details: StepErrorFacts & { class: ErrorClass; code: string; message: string; nextAction: string },
  ) {
    super(details.message)
    this.class = details.class
    this.code = details.code
    this.nextAction = details.nextAction
    this.fields = details.fields ?? []
    this.retryAfter = details.retryAfter
  }
}

/**
 * Creates the error of a declaration.
 * @param facts `parameters` has a value for each `{name}` in `message` and `nextAction`; leave it out when they have none. `fields`
 * are the fields to correct. `retryAfter` is in milliseconds.
 */
export function stepError<const Declared extends StepErrorDeclaration>(
  { class: errorClass, code, message, nextAction }: Declared,
  ...[facts]: FillingOf<TextsOf<Declared>, StepErrorFacts>
): StepError {
  const { parameters, ...rest } = facts ?? {}
  return new StepError({
    class: errorClass,
    code,
    message: fill(message, parameters),
    nextAction: fill(nextAction, parameters),
    ...rest,
  })
}
