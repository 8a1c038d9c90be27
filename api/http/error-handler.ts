import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { isDatabaseOutage } from '../../domain/database/outage.ts'
import { InvalidPart } from './validation.ts'
import { invalidRequest, notFound, Problem } from './problem.ts'

/** Turns whatever was thrown into `application/problem+json`. What is not recognised is logged, and told as a 500. */
export function answerWithProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const problem = toProblem(error, request)
  if (problem.status >= 500)
    request.log.error({ err: withoutQuotedData(error), code: problem.code }, 'request failed')
  return sendProblem(problem, request, reply)
}

export function sendProblem(problem: Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply
    .code(problem.status)
    .headers(problem.headers)
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send(problem.toBody(request.id))
}

function toProblem(error: unknown, request: FastifyRequest): Problem {
  if (error instanceof Problem) return error
  if (error instanceof InvalidPart) {
    if (error.part === 'body') return invalidRequest(error.errors)
    return new Problem('invalid_parameters', 'A header or a query parameter is wrong.', {
      errors: error.errors,
    })
  }
  if (isDatabaseOutage(error)) {
    return new Problem('database_unreachable', 'The database did not answer in time.', {
      headers: { 'retry-after': '2' },
    })
  }
  return (
    fromFramework(error, request) ?? new Problem('internal_error', 'The request failed inside of the server.')
  )
}

function fromFramework(error: unknown, request: FastifyRequest): Problem | undefined {
  if (!isFastifyError(error)) return undefined
  switch (error.statusCode) {
    case 413:
      return new Problem('body_too_large', `The body is larger than ${bodyLimitOf(request)} KiB.`)
    case 415:
      return new Problem('unsupported_media_type', 'The body is not JSON by its Content-Type.')
    case 429:
      return new Problem('too_many_requests', 'This was tried too often in a short time.')
    case 400:
      return isJsonFailure(error)
        ? new Problem('malformed_json', 'The body is not well-formed JSON.')
        : new Problem('bad_request', 'The request is not well-formed.')
    // An id that long is none.
    case 414:
      return notFound()
    case undefined:
    default:
      return undefined
  }
}

function bodyLimitOf({ routeOptions, server }: FastifyRequest): number {
  return (routeOptions.bodyLimit ?? server.initialConfig.bodyLimit ?? 0) / 1024
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && 'statusCode' in error
}

function isJsonFailure(error: FastifyError): boolean {
  return error instanceof SyntaxError || error.code.includes('JSON')
}

/** A database error quotes the row in its message and detail, and that may be personal. */
function withoutQuotedData(error: unknown): { type: string; code?: unknown; stack?: string } {
  if (!(error instanceof Error)) return { type: typeof error }
  const frames = error.stack?.split('\n').filter((line) => line.trimStart().startsWith('at '))
  return {
    type: error.name,
    ...('code' in error ? { code: error.code } : {}),
    ...(frames === undefined ? {} : { stack: frames.join('\n') }),
  }
}
