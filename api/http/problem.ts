import type { FieldProblem } from '../../domain/errors/error-class.ts'
import { type ProblemCode, problemTypes } from './problem-types.ts'

/** Thrown by a route to answer with `application/problem+json`. Its text reaches the caller, so it holds no internals. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  readonly status: number
  readonly errors: FieldProblem[] | undefined
  readonly nextAction: string
  readonly headers: Record<string, string>

  constructor(
    code: ProblemCode,
    detail: string,
    more: { errors?: FieldProblem[]; nextAction?: string; headers?: Record<string, string> } = {},
  ) {
    super(detail)
    this.code = code
    this.status = problemTypes[code].status
    this.errors = more.errors
    this.nextAction = more.nextAction ?? problemTypes[code].nextAction
    this.headers = more.headers ?? {}
  }

  /** The body of the answer. */
  toBody(requestId: string): Record<string, unknown> {
    return {
      type: `/problems/${this.code}`,
      title: problemTypes[this.code].title,
      status: this.status,
      detail: this.message,
      code: this.code,
      requestId,
      nextAction: this.nextAction,
      ...(this.errors === undefined ? {} : { errors: this.errors }),
    }
  }
}

/** What lies outside of the caller's subtree looks the same as what does not exist. */
export function notFound(): Problem {
  return new Problem('not_found', 'There is nothing at this address that your API key may see.')
}

export function invalidRequest(errors: FieldProblem[]): Problem {
  const fields = errors.length === 1 ? 'One field is' : `${errors.length} fields are`
  return new Problem('invalid_request', `${fields} wrong. Nothing was changed.`, { errors })
}
