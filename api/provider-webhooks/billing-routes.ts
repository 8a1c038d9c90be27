import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { takeProviderEvent } from '../../domain/billing/provider-events.ts'
import type { RouteDependencies } from '../route-dependencies.ts'
import { notFound } from '../http/problem.ts'
import { readProviderRequest, keepBodiesAsText } from './signed-body.ts'
import { noQuery } from '../http/list-schema.ts'
import { problemResponses } from '../http/problem-schema.ts'

/** In bytes. An event with an invoice is far smaller: it has a line for each kind of license and each tax. */
const bodyLimit = 512 * 1024

/** The webhooks of billing providers. They need no API key, because the provider signs each request. */
export function billingWebhookRoutes(
  app: FastifyInstance,
  { db, registry }: Pick<RouteDependencies, 'db' | 'registry'>,
): void {
  keepBodiesAsText(app, bodyLimit)

  app.withTypeProvider<ZodTypeProvider>().post(
    '/billing/:adapter/webhooks',
    {
      bodyLimit,
      schema: {
        operationId: 'receiveBillingWebhook',
        summary: 'Receive an event from a billing provider',
        description: 'Billing providers call this route. An event that is delivered again has no effect.',
        tags: ['Billing'],
        security: [],
        params: z.object({
          adapter: z.string().describe('The id of the billing adapter, such as `stripe`.'),
        }),
        querystring: noQuery,
        body: z.unknown().describe('The event, as the provider sends and signs it.'),
        response: { 204: z.undefined().describe('The event was received.'), ...problemResponses },
      },
    },
    async (request, reply) => {
      const { adapter } = request.params
      const parseWebhook = registry.billingAdapters.get(adapter)?.parseWebhook
      if (parseWebhook === undefined) throw notFound()
      const event = await readProviderRequest(parseWebhook, request)
      if (event.type !== 'ignored') await takeProviderEvent(db, adapter, event)
      return reply.code(204).send()
    },
  )
}
