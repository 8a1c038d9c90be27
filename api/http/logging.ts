import type { FastifyInstance, FastifyLoggerOptions, FastifyRequest } from 'fastify'
import type { DestinationStream, LevelWithSilent, LoggerOptions } from 'pino'

export interface LogSettings {
  level: LevelWithSilent
  /** Default: standard output. */
  stream?: DestinationStream
}

/** The log never has API keys, tokens or bodies. Of a URL it has the path only, because a query may hold a token. */
export function loggerOptions({
  level,
  stream,
}: LogSettings): LoggerOptions & Pick<FastifyLoggerOptions, 'stream'> {
  return {
    name: 'api',
    level,
    ...(stream === undefined ? {} : { stream }),
    redact: ['req.headers', 'headers', '*.authorization', '*.cookie', '*.password', '*.token'],
    serializers: { req: (request: FastifyRequest) => ({ method: request.method, path: pathOf(request) }) },
  }
}

export function logRequests(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    request.log.info(
      {
        method: request.method,
        path: pathOf(request),
        status: reply.statusCode,
        milliseconds: Math.round(reply.elapsedTime),
      },
      'request',
    )
  })
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? ''
}
