import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { isIdOf } from '../../domain/ids.ts'
import {
  findDelivery,
  listDeliveries,
  queueTestEvent,
  redeliver,
} from '../../domain/webhooks/webhook-deliveries.ts'
import { findEndpoint, type WebhookEndpoint } from '../../domain/webhooks/webhook-endpoints.ts'
import { callerOf } from '../access/api-key.ts'
import { readPage, toList } from '../http/cursor.ts'
import type { RouteDependencies } from '../route-dependencies.ts'
import { endpointDisabled } from '../http/errors.ts'
import { presentDelivery } from './presenter.ts'
import { notFound, problem } from '../http/problem.ts'
import { noQuery } from '../http/list-schema.ts'
import { problemResponses } from '../http/problem-schema.ts'
import { delivery, deliveryList, deliveryQuery, type DeliveryView } from './schemas.ts'
import { endpointInScope, endpointOf } from '../access/path-resource.ts'

const endpointParams = z.object({ endpointId: z.string() })

export function webhookDeliveryRoutes(app: FastifyInstance, { db }: RouteDependencies): void {
  const typed = app.withTypeProvider<ZodTypeProvider>()
  const tags = ['Webhooks']
  const onRequest = endpointInScope(db)

  typed.get(
    '/webhook-endpoints/:endpointId/deliveries',
    {
      onRequest,
      schema: {
        operationId: 'listWebhookDeliveries',
        summary: 'List the deliveries of a webhook endpoint, newest first',
        tags,
        params: endpointParams,
        querystring: deliveryQuery,
        response: { 200: deliveryList, ...problemResponses },
      },
    },
    async (request) => {
      const { limit, status } = request.query
      const page = readPage(request.query, isIdOf('dlv'))
      const found = await listDeliveries(db, endpointOf(request).id, { ...page, status })
      return toList(found, limit, presentDelivery)
    },
  )

  typed.post(
    '/webhook-endpoints/:endpointId/test',
    {
      onRequest,
      schema: {
        operationId: 'testWebhookEndpoint',
        summary: 'Send a `webhook.test` event to a webhook endpoint',
        tags,
        params: endpointParams,
        querystring: noQuery,
        response: { 202: delivery, ...problemResponses },
      },
    },
    async (request, reply) => {
      refuseDisabled(endpointOf(request))
      return reply.code(202).send(await readDelivery(request, await queueTestEvent(db, endpointOf(request))))
    },
  )

  typed.post(
    '/webhook-deliveries/:deliveryId/redeliver',
    {
      schema: {
        operationId: 'redeliverWebhook',
        summary: 'Send a delivery again',
        description:
          'A pending delivery is attempted now. A delivered or failed one is queued again as a new delivery.',
        tags,
        params: z.object({ deliveryId: z.string() }),
        querystring: noQuery,
        response: { 202: delivery, ...problemResponses },
      },
    },
    async (request, reply) => {
      const { id, endpointId } = await readDelivery(request, request.params.deliveryId)
      const endpoint = await findEndpoint(db, callerOf(request).path, endpointId)
      if (endpoint === undefined) throw notFound()
      refuseDisabled(endpoint)
      return reply.code(202).send(await readDelivery(request, await redeliver(db, id)))
    },
  )

  /** The delivery of this id. @throws Problem when the caller may see no such delivery. */
  async function readDelivery(request: FastifyRequest, id: string): Promise<DeliveryView> {
    const found = await findDelivery(db, callerOf(request).path, id)
    if (found === undefined) throw notFound()
    return presentDelivery(found)
  }
}

function refuseDisabled({ disabledAt }: WebhookEndpoint): void {
  if (disabledAt === null) return
  throw problem(endpointDisabled)
}
