import type { ErrorClass, FieldProblem } from './error-class.ts'
import { fill, type Filling } from './error-text.ts'

export interface CodeDeclaration {
  /** Stable, lower snake case. */
  code: string
  /** Names the object and the rule. `{name}` stands for a parameter. It contains no personal data and no secrets. */
  message: string
}

/** An error that a step reports. */
export interface StepErrorDeclaration extends CodeDeclaration {
  class: ErrorClass
  nextAction: string
  /** The error names fields of the request, so a retry with corrected fields can succeed. Default: false. */
  namesFields?: true
}

/** An error that the API answers with. */
export interface ProblemDeclaration extends CodeDeclaration {
  status: number
  /** A summary of all errors with this code. It has no parameters. */
  title: string
  nextAction: string
}

/** An error on a field of a request. */
export interface FieldDeclaration extends CodeDeclaration {
  field: true
}

/**
 * The declaration of an error. An error with `class` is reported by steps, one with `status` is returned by the API, and one
 * with `field` is reported on a field. An error whose rule is checked in several places has several of them.
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
 * Declares an error. Its code and texts are written only here, and `docs/errors.md` is generated from them.
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

/**
 * The message of a declaration, for a text that is shown without its code.
 * @param filling the parameters of the message; left out for a message without parameters.
 */
export function messageOf<const Declared extends CodeDeclaration>(
  { message }: Declared,
  ...[filling]: FillingOf<Declared['message']>
): string {
  return fill(message, filling?.parameters)
}

/**
 * Makes the error of one field from a declaration.
 * @param pointer a JSON pointer (RFC 6901) to the field.
 * @param filling the parameters of the message; left out for a message without parameters.
 */
export function fieldProblem<const Declared extends CodeDeclaration>(
  pointer: string,
  declared: Declared,
  ...filling: FillingOf<Declared['message']>
): FieldProblem {
  return { pointer, code: declared.code, message: messageOf(declared, ...filling) }
}

/** The last parameter of functions that make an error from a declaration. It is optional for texts without parameters. */
export type FillingOf<Text, More = unknown> =
  Filling<Text> extends { parameters: unknown }
    ? [filling: Filling<Text> & More]
    : [filling?: Filling<Text> & More]
