import type { FillingOf, ProblemDeclaration, TextsOf } from '../../domain/errors/error-declaration.ts'
import { fill } from '../../domain/errors/error-text.ts'
import type { FieldProblem } from '../../domain/errors/error-class.ts'
import { invalidFields, resourceNotFound } from './errors.ts'

/** The facts of one problem that its declaration does not have. */
interface ProblemFacts {
  errors?: FieldProblem[] | undefined
  /** Replaces the declared next action, for a problem that relays the error of a plug-in. */
  nextAction?: string | undefined
  headers?: Record<string, string> | undefined
}

/** A route throws it to answer with `application/problem+json`. Its texts reach the caller, so they contain no internals. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: string
  readonly status: number
  readonly title: string
  readonly errors: FieldProblem[] | undefined
  readonly nextAction: string
  readonly headers: Record<string, string>

  constructor(details: ProblemDeclaration & Omit<ProblemFacts, 'nextAction'>) {
    super(details.message)
    this.code = details.code
    this.status = details.status
    this.title = details.title
    this.errors = details.errors
    this.nextAction = details.nextAction
    this.headers = details.headers ?? {}
  }

  toBody(requestId: string): Record<string, unknown> {
    return {
      type: `/problems/${this.code}`,
      title: this.title,
      status: this.status,
      detail: this.message,
      code: this.code,
      requestId,
      nextAction: this.nextAction,
      ...(this.errors === undefined ? {} : { errors: this.errors }),
    }
  }
}

/**
 * The problem of a declaration, to be thrown.
 * @param facts `parameters` gives a value to each `{name}` in `message` and `nextAction`, and is left out when they have none.
 */
export function problem<const Declared extends ProblemDeclaration>(
  declared: Declared,
  ...[facts]: FillingOf<TextsOf<Declared>, ProblemFacts>
): Problem {
  const { parameters, nextAction, ...rest } = facts ?? {}
  const { code, status, title } = declared
  return new Problem({
    code,
    status,
    title,
    message: fill(declared.message, parameters),
    nextAction: nextAction ?? fill(declared.nextAction, parameters),
    ...rest,
  })
}

/** The answer for a resource that does not exist, and for one outside of the caller's subtree: the caller cannot tell them apart. */
export function notFound(): Problem {
  return problem(resourceNotFound)
}

export function invalidRequest(errors: FieldProblem[]): Problem {
  return problem(invalidFields, { parameters: { count: errors.length }, errors })
}
