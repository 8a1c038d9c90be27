import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { isDatabaseOutage } from '../../domain/database/outage.ts'
import { InvalidPart } from './validation.ts'
import {
  badRequest,
  bodyTooLarge,
  databaseUnreachable,
  internalError,
  invalidParameters,
  malformedJson,
  tooManyRequests,
  unsupportedMediaType,
} from './errors.ts'
import { invalidRequest, notFound, Problem, problem } from './problem.ts'

/** An error that is not recognised becomes a 500. An error with status 500 or above is logged. */
export function answerWithProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const answer = toProblem(error, request)
  if (answer.status >= 500)
    request.log.error({ err: withoutQuotedData(error), code: answer.code }, 'request failed')
  return sendProblem(answer, request, reply)
}

export function sendProblem(answer: Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply
    .code(answer.status)
    .headers(answer.headers)
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send(answer.toBody(request.id))
}

function toProblem(error: unknown, request: FastifyRequest): Problem {
  if (error instanceof Problem) return error
  if (error instanceof InvalidPart) {
    if (error.part === 'body') return invalidRequest(error.errors)
    return problem(invalidParameters, { errors: error.errors })
  }
  if (isDatabaseOutage(error)) return problem(databaseUnreachable, { headers: { 'retry-after': '2' } })
  return fromFramework(error, request) ?? problem(internalError)
}

function fromFramework(error: unknown, request: FastifyRequest): Problem | undefined {
  if (!isFastifyError(error)) return undefined
  switch (error.statusCode) {
    case 413:
      return problem(bodyTooLarge, { parameters: { limit: bodyLimitOf(request) } })
    case 415:
      return problem(unsupportedMediaType)
    case 429:
      return problem(tooManyRequests)
    case 400:
      return problem(isJsonFailure(error) ? malformedJson : badRequest)
    // No id is as long as this path parameter.
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

/** An error without its message and detail: a database error quotes the row there, which may hold personal data. */
function withoutQuotedData(error: unknown): { type: string; code?: unknown; stack?: string } {
  if (!(error instanceof Error)) return { type: typeof error }
  const frames = error.stack?.split('\n').filter((line) => line.trimStart().startsWith('at '))
  return {
    type: error.name,
    ...('code' in error ? { code: error.code } : {}),
    ...(frames === undefined ? {} : { stack: frames.join('\n') }),
  }
}
