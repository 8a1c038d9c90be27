import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { takeProviderEvent } from '../../domain/billing/provider-events.ts'
import type { RouteDependencies } from '../route-dependencies.ts'
import { notFound } from '../http/problem.ts'
import { readWebhook, takeBodiesAsSent } from './signed-body.ts'
import { noQuery } from '../http/list-schema.ts'
import { problemResponses } from '../http/problem-schema.ts'

/** An invoice has a line for each kind of license and each tax: far below this. */
const bodyLimit = 512 * 1024

/** Open to everybody, because providers have no API key: a signature says who sent it. */
export function billingWebhookRoutes(
  app: FastifyInstance,
  { db, registry }: Pick<RouteDependencies, 'db' | 'registry'>,
): void {
  takeBodiesAsSent(app, bodyLimit)

  app.withTypeProvider<ZodTypeProvider>().post(
    '/billing/:adapter/webhooks',
    {
      bodyLimit,
      schema: {
        operationId: 'receiveBillingWebhook',
        summary: 'Take an event from a billing provider',
        description: 'For billing providers to call. Each event counts once, however often it is delivered.',
        tags: ['Billing'],
        security: [],
        params: z.object({ adapter: z.string().describe('The billing adapter, such as `stripe`.') }),
        querystring: noQuery,
        body: z.unknown().describe('As the provider sends and signs it.'),
        response: { 204: z.undefined().describe('Taken.'), ...problemResponses },
      },
    },
    async (request, reply) => {
      const { adapter } = request.params
      const parseWebhook = registry.billingAdapters.get(adapter)?.parseWebhook
      if (parseWebhook === undefined) throw notFound()
      const event = await readWebhook(parseWebhook, request)
      if (event.type !== 'ignored') await takeProviderEvent(db, adapter, event)
      return reply.code(204).send()
    },
  )
}
