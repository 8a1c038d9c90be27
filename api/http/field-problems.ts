import type { z } from 'zod'
import type { FieldProblem } from '../../domain/errors/error-class.ts'

/** Zod's issues as problems with fields, in plain words. `data` is what was parsed; `prefix` goes before each pointer. */
export function toFieldProblems(
  issues: readonly z.core.$ZodIssue[],
  data: unknown,
  prefix = '',
): FieldProblem[] {
  return issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        pointer: prefix + toPointer([...issue.path, key]),
        code: 'unknown_field',
        message: 'There is no such field.',
      }))
    }
    return [{ pointer: prefix + toPointer(issue.path), ...describe(issue, data) }]
  })
}

/** RFC 6901. */
export function toPointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

function describe(issue: z.core.$ZodIssue, data: unknown): { code: string; message: string } {
  if (valueAt(data, issue.path) === undefined) return { code: 'required', message: 'This field is required.' }
  if (issue.code === 'invalid_type') {
    return { code: 'invalid_type', message: `This must be ${article(issue.expected)}.` }
  }
  if (issue.code === 'too_small') return describeLimit('at least', issue.minimum, issue.origin)
  if (issue.code === 'too_big') return describeLimit('at most', issue.maximum, issue.origin)
  if (issue.code === 'invalid_value') {
    return { code: 'invalid_value', message: `This must be one of: ${issue.values.join(', ')}.` }
  }
  if (issue.code === 'invalid_union') {
    return { code: 'invalid_value', message: 'This must be one of the known kinds.' }
  }
  return { code: 'invalid_format', message: issue.message }
}

function describeLimit(
  side: 'at least' | 'at most',
  limit: number | bigint,
  origin: string,
): { code: string; message: string } {
  const low = side === 'at least'
  if (origin !== 'string')
    return { code: low ? 'too_small' : 'too_big', message: `This must be ${side} ${limit}.` }
  const characters = limit === 1 ? '1 character' : `${limit} characters`
  return { code: low ? 'too_short' : 'too_long', message: `This must have ${side} ${characters}.` }
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), data)
}

function isObject(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null
}

function article(type: string): string {
  if (type === 'int') return 'a whole number'
  if (type === 'boolean') return 'true or false'
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`
}
