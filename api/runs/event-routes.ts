import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { closedStatuses } from '../../domain/runs/run-record.ts'
import type { RouteDependencies } from '../route-dependencies.ts'
import { streamEvents } from '../http/event-stream.ts'
import { runInScope, runOf } from '../access/path-resource.ts'
import type { RunResource } from './run-resources.ts'
import { problemResponses } from '../http/problem-schema.ts'

const sequence = z.coerce.number().int().min(0).max(2_147_483_647)

export function runEventRoutes(
  app: FastifyInstance,
  dependencies: RouteDependencies,
  resource: RunResource,
): void {
  const what = resource.name.toLowerCase()

  app.withTypeProvider<ZodTypeProvider>().get(
    `${resource.path}/events`,
    {
      onRequest: runInScope(dependencies.db, resource),
      exposeHeadRoute: false,
      schema: {
        operationId: `stream${resource.name}Events`,
        summary: `Follow an ${what}`,
        description:
          'Server-sent events, one per change: `onboarding` with its status, `step` with the status of a step. The ' +
          `stream ends with the ${what}; 204 means that nothing more will come.`,
        tags: [resource.tag],
        params: z.object({ [resource.parameter]: z.string() }),
        querystring: z.strictObject({ lastEventId: sequence.optional() }),
        headers: z.looseObject({
          'last-event-id': sequence.optional().describe('Only what came after this event.'),
        }),
        response: {
          200: { description: 'The events.', content: { 'text/event-stream': { schema: z.string() } } },
          204: z.undefined().describe('It has ended, and all its events were read.'),
          ...problemResponses,
        },
      },
    },
    async (request, reply) => {
      const run = runOf(request)
      const after = request.headers['last-event-id'] ?? request.query.lastEventId ?? 0
      if (closedStatuses.includes(run.status) && after >= run.lastEvent) return reply.code(204).send()

      reply.hijack()
      const response = reply.raw
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        connection: 'close',
        // Proxies would hold events back.
        'x-accel-buffering': 'no',
      })
      try {
        await streamEvents(dependencies, run.id, after, response)
      } catch (error) {
        // The reader connects again and goes on after the last event it has.
        request.log.warn(
          { reason: error instanceof Error ? error.name : 'unknown' },
          'event stream ended early',
        )
      }
      response.end()
      return reply
    },
  )
}
