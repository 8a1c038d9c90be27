import type { FastifySchemaCompiler } from 'fastify'
import type { z } from 'zod'
import type { FieldProblem } from '../../domain/errors/error-class.ts'
import { toFieldProblems } from './field-problems.ts'

/** A part of a request that its schema refuses. */
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

/** Validates by zod schemas, and names each wrong field by a pointer. */
export const validatorCompiler: FastifySchemaCompiler<unknown> = ({ schema, httpPart = 'body' }) => {
  return (data: unknown) => {
    // A request without a body has the body null; a schema's default stands for it.
    const parsed = (schema as z.ZodType).safeParse(data === null ? undefined : data)
    if (parsed.success) return { value: parsed.data }
    return {
      error: new InvalidPart(httpPart, toFieldProblems(parsed.error.issues, data, prefixes[httpPart])),
    }
  }
}

/**
 * For a route that checks the body itself, together with rules that a schema can't hold, so that it can tell all
 * problems at once. The schema still documents the body.
 */
export const bodyLeftToRoute: FastifySchemaCompiler<unknown> = (part) =>
  part.httpPart === 'body' ? (data: unknown) => ({ value: data }) : validatorCompiler(part)
