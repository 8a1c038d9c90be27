import type { z } from 'zod'
import { fieldProblem } from '../../domain/errors/error-declaration.ts'
import type { FieldProblem } from '../../domain/errors/error-class.ts'
import {
  invalidFormat,
  invalidType,
  invalidValue,
  required,
  tooBig,
  tooLong,
  tooShort,
  tooSmall,
  unknownField,
} from './field-errors.ts'
import { isObject } from './merge-patch.ts'

/**
 * Converts the issues of zod to field problems.
 * @param data the value that was parsed. An issue with a missing value becomes `required`.
 * @param prefix is put before each pointer, such as `/query`. Default: none.
 */
export function toFieldProblems(
  issues: readonly z.core.$ZodIssue[],
  data: unknown,
  prefix = '',
): FieldProblem[] {
  return issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => fieldProblem(prefix + toPointer([...issue.path, key]), unknownField))
    return [describe(prefix + toPointer(issue.path), issue, data)]
  })
}

export function toPointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

function describe(pointer: string, issue: z.core.$ZodIssue, data: unknown): FieldProblem {
  if (valueAt(data, issue.path) === undefined) return fieldProblem(pointer, required)
  if (issue.code === 'invalid_type')
    return fieldProblem(pointer, invalidType, { parameters: { type: withArticle(issue.expected) } })
  if (issue.code === 'too_small') return below(pointer, issue)
  if (issue.code === 'too_big') return above(pointer, issue)
  if (issue.code === 'invalid_value') return oneOf(pointer, issue.values)
  if (issue.code === 'invalid_union') return oneOf(pointer, allowedKinds(issue))
  return fieldProblem(pointer, invalidFormat, { parameters: { rule: issue.message } })
}

function below(pointer: string, { origin, minimum }: z.core.$ZodIssueTooSmall): FieldProblem {
  return origin === 'string'
    ? fieldProblem(pointer, tooShort, { parameters: { characters: charactersOf(minimum) } })
    : fieldProblem(pointer, tooSmall, { parameters: { minimum: String(minimum) } })
}

function above(pointer: string, { origin, maximum }: z.core.$ZodIssueTooBig): FieldProblem {
  return origin === 'string'
    ? fieldProblem(pointer, tooLong, { parameters: { characters: charactersOf(maximum) } })
    : fieldProblem(pointer, tooBig, { parameters: { maximum: String(maximum) } })
}

function oneOf(pointer: string, values: readonly unknown[]): FieldProblem {
  return fieldProblem(pointer, invalidValue, { parameters: { values: values.join(', ') } })
}

function allowedKinds(issue: z.core.$ZodIssueInvalidUnion): readonly unknown[] {
  return 'options' in issue && Array.isArray(issue.options) ? issue.options : []
}

function charactersOf(limit: number | bigint): string {
  return limit === 1 ? '1 character' : `${limit} characters`
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (isObject(value) ? value[String(key)] : undefined), data)
}

function withArticle(type: string): string {
  if (type === 'int') return 'a whole number'
  if (type === 'boolean') return 'true or false'
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`
}
