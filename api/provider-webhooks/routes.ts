import { z } from 'zod'
import { takeProviderEvent } from '../../domain/billing/provider-events.ts'
import { takeDeliveryReport } from '../../domain/users/delivery-reports.ts'
import { documentUnfit } from '../../domain/billing/billing-errors.ts'
import { notFound, problem } from '../http/problem.ts'
import type { App, RouteDependencies } from '../route-dependencies.ts'
import { keepBodiesAsText, readProviderRequest } from './signed-body.ts'

/** In bytes. An event with an invoice is far smaller: it has a line for each kind of license and each tax. */
const eventLimit = 512 * 1024

/** In bytes. Some mail servers return the whole message and not its headers only; our messages are far smaller. */
const reportLimit = 1024 * 1024

/** The webhooks of billing providers and notifiers. They need no API key, because the plug-in verifies each request. */
export function providerWebhookRoutes(app: App, { db, registry }: RouteDependencies): void {
  keepBodiesAsText(app)

  app.post(
    '/billing/:adapter/webhooks',
    {
      bodyLimit: eventLimit,
      schema: {
        operationId: 'receiveBillingWebhook',
        summary: 'Receive an event from a billing provider',
        description:
          'Billing providers call this route. An event that is delivered again has no effect. An invoice or credit note that does not fit is kept aside and answered with 422.',
        tags: ['Billing'],
        security: [],
        params: z.object({
          adapter: z.string().describe('The id of the billing adapter, such as `stripe`.'),
        }),
        body: z.unknown().describe('The event, as the provider sends and signs it.'),
        response: { 204: z.undefined().describe('The event was received.') },
      },
    },
    async (request, reply) => {
      const { adapter } = request.params
      const parseWebhook = registry.billingAdapters.get(adapter)?.parseWebhook
      if (parseWebhook === undefined) throw notFound()
      const event = await readProviderRequest(parseWebhook, request)
      const misfit = event.type === 'ignored' ? undefined : await takeProviderEvent(db, adapter, event)
      if (misfit !== undefined) throw problem(documentUnfit, { parameters: { reason: misfit } })
      return reply.code(204).send()
    },
  )

  app.post(
    '/notifiers/:notifier/webhooks',
    {
      bodyLimit: reportLimit,
      schema: {
        operationId: 'receiveDeliveryReports',
        summary: 'Receive a report of the delivery of a message',
        description:
          'Mail servers and mail providers call this route. A repeated report, or one on an unknown message, has no effect.',
        tags: ['Users'],
        security: [],
        params: z.object({ notifier: z.string().describe('The id of the notifier, such as `smtp`.') }),
        body: z.unknown().describe('The report, as the provider sends it. For `smtp`, the returned message.'),
        response: {
          204: z.undefined().describe('The report was received, or it has no effect.'),
        },
      },
    },
    async (request, reply) => {
      const parse = registry.notifiers.get(request.params.notifier)?.parseDeliveryReports
      if (parse === undefined) throw notFound()
      const reports = await readProviderRequest(parse, request)
      const known: boolean[] = []
      for (const report of reports) known.push(await takeDeliveryReport(db, report))
      request.log.info(
        { reports: reports.map(({ status, code }, index) => ({ status, code, known: known[index] })) },
        'delivery reports',
      )
      return reply.code(204).send()
    },
  )
}
