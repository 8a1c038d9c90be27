import type { FillingOf, StepErrorDeclaration, TextsOf } from '../../domain/errors/error-declaration.ts'
import { fill } from '../../domain/errors/error-text.ts'
import type { ErrorClass } from '../../domain/errors/error-class.ts'

/** What only the place where an error is thrown knows of it. */
interface StepErrorFacts {
  /** For `needs_input`: which fields of the request to correct. */
  fields?: { pointer: string; message: string }[] | undefined
  /** For `retryable`: the provider asked to wait this long, in milliseconds. */
  retryAfter?: number | undefined
}

/**
 * The one error that a plug-in throws on purpose. Anything else that it throws is taken as `retryable` with the code
 * `unexpected`. `message` and `nextAction` are shown to people and stored in workflow history, so they carry no personal
 * data and no secrets.
 *
 * `stepError` makes one of a declaration. The constructor is for a code that is known only at run time, such as one that a
 * provider answers with.
 */
export class StepError extends Error {
  override readonly name = 'StepError'
  /** What happens next: see `ErrorClass`. */
  readonly class: ErrorClass
  /** Stable, lower snake case. */
  readonly code: string
  /** What a person should do now, in plain words. */
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
 * The error of a declaration, to be thrown.
 * @param facts `parameters` gives a value to each `{name}` in `message` and `nextAction`, and is left out when they have
 * none; `fields` are the fields to correct; `retryAfter` is in milliseconds.
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
