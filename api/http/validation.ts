import type { FastifySchemaCompiler } from 'fastify'
import type { z } from 'zod'
import type { FieldProblem } from '../../domain/errors/error-class.ts'
import { fieldProblem } from '../../domain/errors/error-declaration.ts'
import { invalidFormat } from './field-errors.ts'
import { toFieldProblems, toPointer } from './field-problems.ts'

export class InvalidPart extends Error {
  override readonly name = 'InvalidPart'
  readonly part: string
  readonly errors: FieldProblem[]

  constructor(part: string, errors: FieldProblem[]) {
    super(`The ${part} is not valid`)
    this.part = part
    this.errors = errors
  }
}

const prefixes: Record<string, string> = { querystring: '/query', headers: '/headers', params: '/path' }

/** Validates requests by zod schemas. Its error names each wrong field by a pointer. */
export const validatorCompiler: FastifySchemaCompiler<unknown> = ({ schema, httpPart = 'body' }) => {
  return (data: unknown) => {
    const unreadable = httpPart === 'querystring' ? unstorableIn(Object(data)) : []
    if (unreadable.length > 0) return { error: new InvalidPart(httpPart, unreadable) }
    // Fastify gives null for a missing body. Undefined makes zod use the default of the schema.
    const parsed = (schema as z.ZodType).safeParse(data === null ? undefined : data)
    if (parsed.success) return { value: parsed.data }
    return {
      error: new InvalidPart(httpPart, toFieldProblems(parsed.error.issues, data, prefixes[httpPart])),
    }
  }
}

/** The parameters with text that Postgres cannot hold. Filters reach the database as they are; the texts of a body do not. */
function unstorableIn(query: Record<string, unknown>): FieldProblem[] {
  return Object.entries(query).flatMap(([name, value]) =>
    typeof value !== 'string' || (value.isWellFormed() && !value.includes('\0'))
      ? []
      : [
          fieldProblem(`${prefixes['querystring']}${toPointer([name])}`, invalidFormat, {
            parameters: { rule },
          }),
        ],
  )
}

const rule = 'Use text without NUL and lone surrogates.'

/**
 * Validates all parts of a request but the body. For a route that validates the body itself, so that one response names the
 * problems of its schema and of the domain together. The schema still documents the body.
 */
export const validateAllButBody: FastifySchemaCompiler<unknown> = (part) =>
  part.httpPart === 'body' ? (data: unknown) => ({ value: data }) : validatorCompiler(part)
