import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { finalStatuses } from '../../domain/onboardings.ts'
import type { RouteDependencies } from '../dependencies.ts'
import { streamEvents } from '../event-stream.ts'
import { onboardingInScope, onboardingOf } from '../onboarding-access.ts'
import { problemResponses } from '../schemas/problem.ts'

const sequence = z.coerce.number().int().min(0).max(2_147_483_647)

export function onboardingEventRoutes(app: FastifyInstance, dependencies: RouteDependencies): void {
  app.withTypeProvider<ZodTypeProvider>().get(
    '/onboardings/:onboardingId/events',
    {
      onRequest: onboardingInScope(dependencies.db),
      exposeHeadRoute: false,
      schema: {
        operationId: 'streamOnboardingEvents',
        summary: 'Follow an onboarding',
        description:
          'Server-sent events, one per change: `onboarding` with its status, `step` with the status of a step. The ' +
          'stream ends with the onboarding; 204 means that nothing more will come.',
        tags: ['Onboardings'],
        params: z.object({ onboardingId: z.string() }),
        querystring: z.strictObject({ lastEventId: sequence.optional() }),
        headers: z.looseObject({
          'last-event-id': sequence.optional().describe('Only what came after this event.'),
        }),
        response: {
          200: { description: 'The events.', content: { 'text/event-stream': { schema: z.string() } } },
          204: z.undefined().describe('The onboarding has ended, and all its events were read.'),
          ...problemResponses,
        },
      },
    },
    async (request, reply) => {
      const onboarding = onboardingOf(request)
      const after = request.headers['last-event-id'] ?? request.query.lastEventId ?? 0
      if (finalStatuses.includes(onboarding.status) && after >= onboarding.lastEvent)
        return reply.code(204).send()

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
        await streamEvents(dependencies, onboarding.id, after, response)
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
