import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import {
  findDelivery,
  listDeliveries,
  queueTestEvent,
  redeliver,
} from '../../domain/webhooks/webhook-deliveries.ts'
import { findEndpoint, type WebhookEndpoint } from '../../domain/webhooks/webhook-endpoints.ts'
import { callerOf } from '../access/api-key.ts'
import { listPage } from '../http/cursor.ts'
import type { App, RouteDependencies } from '../route-dependencies.ts'
import { endpointDisabled } from '../http/errors.ts'
import { presentDelivery } from './presenter.ts'
import { notFound, problem } from '../http/problem.ts'
import { delivery, deliveryList, deliveryQuery, type DeliveryView } from './schemas.ts'
import { endpointInScope, endpointOf } from '../access/path-resource.ts'

const endpointParams = z.object({ endpointId: z.string() })

export function webhookDeliveryRoutes(app: App, { db }: RouteDependencies): void {
  const tags = ['Webhooks']
  const onRequest = endpointInScope(db)

  app.get(
    '/webhook-endpoints/:endpointId/deliveries',
    {
      onRequest,
      schema: {
        operationId: 'listWebhookDeliveries',
        summary: 'List the deliveries of a webhook endpoint, newest first',
        tags,
        params: endpointParams,
        querystring: deliveryQuery,
        response: { 200: deliveryList },
      },
    },
    async (request) =>
      listPage(request.query, 'dlv', presentDelivery, (page, { status }) =>
        listDeliveries(db, endpointOf(request).id, { ...page, status }),
      ),
  )

  app.post(
    '/webhook-endpoints/:endpointId/test',
    {
      onRequest,
      schema: {
        operationId: 'testWebhookEndpoint',
        summary: 'Send a `webhook.test` event to a webhook endpoint',
        tags,
        params: endpointParams,
        response: { 202: delivery },
      },
    },
    async (request, reply) => {
      refuseDisabled(endpointOf(request))
      return reply.code(202).send(await readDelivery(request, await queueTestEvent(db, endpointOf(request))))
    },
  )

  app.post(
    '/webhook-deliveries/:deliveryId/redeliver',
    {
      schema: {
        operationId: 'redeliverWebhook',
        summary: 'Send a delivery again',
        description:
          'A pending delivery is attempted now. A delivered or failed one is queued again as a new delivery.',
        tags,
        params: z.object({ deliveryId: z.string() }),
        response: { 202: delivery },
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
