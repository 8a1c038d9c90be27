import type { ErrorClass, FieldProblem } from './error-class.ts'
import { fill, type Filling } from './error-text.ts'

/** A code and what it means. */
export interface CodeDeclaration {
  /** Stable, lower snake case. */
  code: string
  /** What is wrong. `{name}` stands for a parameter. It carries no personal data and no secrets. */
  message: string
}

/** An error that a step reports. */
export interface StepErrorDeclaration extends CodeDeclaration {
  /** What happens next: see `ErrorClass`. */
  class: ErrorClass
  /** What a person should do now. It may have parameters as well. */
  nextAction: string
  /** It names fields of the request, so a retry with these corrected can help. Default: false. */
  namesFields?: true
}

/** An error that the API answers with. */
export interface ProblemDeclaration extends CodeDeclaration {
  /** The HTTP status. */
  status: number
  /** What all errors with this code have in common. It has no parameters. */
  title: string
  nextAction: string
}

/** A mistake in a field of a request. */
export interface FieldDeclaration extends CodeDeclaration {
  field: true
}

/**
 * All that can be declared of an error. One that has `class` is reported by steps, one that has `status` is answered by the
 * API, one that has `field` is reported of a field. An error whose rule is checked in several places has several of them.
 */
export type ErrorDeclaration = CodeDeclaration &
  Partial<Omit<StepErrorDeclaration & ProblemDeclaration & FieldDeclaration, keyof CodeDeclaration>>

/** The texts of a declaration that may have parameters. */
export type TextsOf<Declared> = Declared extends { message: infer Message; nextAction: infer NextAction }
  ? Message | NextAction
  : Declared extends { message: infer Message }
    ? Message
    : never

/**
 * Declares an error: its code and texts are written once, and `docs/errors.md` is made of them.
 *
 * @example
 * ```ts
 * import { defineError, stepError } from 'tenantry'
 *
 * const crmRefused = defineError({
 *   code: 'crm_refused',
 *   class: 'needs_input',
 *   message: 'The CRM refused the account (HTTP status {status}).',
 *   nextAction: 'Read in the CRM why it refused the account, then retry.',
 * })
 *
 * export const refusal = ({ status }: Response) => stepError(crmRefused, { parameters: { status } })
 * ```
 */
export function defineError<const Declared extends ErrorDeclaration>(declared: Declared): Declared {
  return declared
}

/** The mistake in the field that `pointer` (RFC 6901) names. */
export function fieldProblem<const Declared extends CodeDeclaration>(
  pointer: string,
  declared: Declared,
  ...[filling]: FillingOf<Declared['message']>
): FieldProblem {
  return { pointer, code: declared.code, message: fill(declared.message, filling?.parameters) }
}

/** The last argument of whatever makes an error of a declaration: it may be left out where the texts have no parameters. */
export type FillingOf<Text, More = unknown> =
  Filling<Text> extends { parameters: unknown }
    ? [filling: Filling<Text> & More]
    : [filling?: Filling<Text> & More]
