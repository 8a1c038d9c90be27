import { z } from 'zod'
import { closedStatuses } from '../../domain/runs/run-record.ts'
import type { App, RouteDependencies } from '../route-dependencies.ts'
import { streamEvents } from '../http/event-stream.ts'
import { authenticate } from '../access/api-key.ts'
import { runInScope, runOf } from '../access/path-resource.ts'
import type { RunResource } from './run-resources.ts'

const sequence = z.coerce.number().int().min(0).max(2_147_483_647)

export function runEventRoutes(app: App, dependencies: RouteDependencies, resource: RunResource): void {
  const noun = resource.name.toLowerCase()

  app.get(
    `${resource.path}/events`,
    {
      onRequest: runInScope(dependencies.db, resource),
      exposeHeadRoute: false,
      schema: {
        operationId: `stream${resource.name}Events`,
        summary: `Follow the progress of an ${noun}`,
        description:
          `Server-sent events, one for each change: \`onboarding\` has the status of the ${noun}, \`step\` the status of one ` +
          `step. The stream ends when the ${noun} is closed or the key is no longer valid. Reconnect with \`Last-Event-ID\` until the answer is 204.`,
        tags: [resource.tag],
        params: z.object({ [resource.parameter]: z.string() }),
        querystring: z.strictObject({
          lastEventId: sequence
            .optional()
            .describe('The same as the header `Last-Event-ID`, for clients that cannot set it.'),
        }),
        headers: z.looseObject({
          'last-event-id': sequence
            .optional()
            .describe(
              'The `id` of the last event you received. Sends later events only. Default 0: all events.',
            ),
        }),
        response: {
          200: {
            description: 'The events, as they happen.',
            content: { 'text/event-stream': { schema: z.string() } },
          },
          204: z.undefined().describe(`The ${noun} is closed and has no later events.`),
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
        // Tells proxies not to buffer events.
        'x-accel-buffering': 'no',
      })
      try {
        const from = { sequence: after, authenticate: () => authenticate(dependencies.db, request) }
        await streamEvents(dependencies, run.id, from, response)
      } catch (error) {
        // The client connects again and continues after the last event it received, or is refused.
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
