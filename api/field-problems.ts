import type { z } from 'zod'
import type { FieldProblem } from '../domain/errors.ts'

/** Zod's issues as problems with fields, in plain words. `data` is what was parsed; `prefix` goes before each pointer. */
export function toFieldProblems(issues: readonly z.core.$ZodIssue[], data: unknown, prefix = ''): FieldProblem[] {
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
  switch (issue.code) {
    case 'invalid_type':
      return { code: 'invalid_type', message: `This must be ${article(issue.expected)}.` }
    case 'too_small':
      if (issue.origin !== 'string') return { code: 'too_small', message: `This must be at least ${issue.minimum}.` }
      return { code: 'too_short', message: `This needs at least ${plural(issue.minimum)}.` }
    case 'too_big':
      if (issue.origin !== 'string') return { code: 'too_big', message: `This must be at most ${issue.maximum}.` }
      return { code: 'too_long', message: `This may have at most ${plural(issue.maximum)}.` }
    case 'invalid_format':
    case 'custom':
      return { code: 'invalid_format', message: issue.message }
    case 'invalid_value':
      return { code: 'invalid_value', message: `This must be one of: ${issue.values.join(', ')}.` }
    case 'invalid_union':
      return { code: 'invalid_value', message: 'This must be one of the known kinds.' }
    default:
      return { code: 'invalid', message: issue.message }
  }
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

function plural(count: number | bigint): string {
  return count === 1 ? '1 character' : `${count} characters`
}
