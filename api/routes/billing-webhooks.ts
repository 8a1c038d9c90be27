import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { takeProviderEvent } from '../../domain/provider-events.ts'
import { type BillingEvent, StepError, type WebhookRequest } from '../../plugins/contract.ts'
import type { RouteDependencies } from '../dependencies.ts'
import { notFound, Problem } from '../problem.ts'
import { noQuery } from '../schemas/list.ts'
import { problemResponses } from '../schemas/problem.ts'

/** An invoice has a line for each kind of license and each tax: far below this. */
const bodyLimit = 512 * 1024

/** Open to everybody, because providers have no API key: a signature says who sent it. */
export function billingWebhookRoutes(
  app: FastifyInstance,
  { db, registry }: Pick<RouteDependencies, 'db' | 'registry'>,
): void {
  // The signature covers what was sent, byte for byte. This holds for the routes of this function only.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string', bodyLimit }, (_, body, done) => done(null, body))

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
      const event = read(parseWebhook, request)
      if (event.type !== 'ignored') await takeProviderEvent(db, adapter, event)
      return reply.code(204).send()
    },
  )
}

function read(parseWebhook: (request: WebhookRequest) => BillingEvent, request: FastifyRequest) {
  try {
    return parseWebhook({ headers: singleHeaders(request), body: textOf(request.body) })
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    if (error.code === 'webhook_refused')
      throw new Problem('webhook_refused', error.message, { nextAction: error.nextAction })
    throw new Problem('webhook_unreadable', error.message, { nextAction: error.nextAction })
  }
}

function textOf(body: unknown): string {
  return typeof body === 'string' ? body : ''
}

function singleHeaders({ headers }: FastifyRequest): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  )
}
