import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { takeDeliveryReport } from '../../domain/users/delivery-reports.ts'
import type { RouteDependencies } from '../route-dependencies.ts'
import { notFound } from '../http/problem.ts'
import { readProviderRequest, keepBodiesAsText } from './signed-body.ts'
import { noQuery } from '../http/list-schema.ts'
import { problemResponses } from '../http/problem-schema.ts'

/** In bytes. Some mail servers return the whole message and not its headers only; our messages are far smaller. */
const bodyLimit = 1024 * 1024

/** The webhooks of notifiers. They need no API key, because the notifier verifies a secret of its own. */
export function notifierWebhookRoutes(
  app: FastifyInstance,
  { db, registry }: Pick<RouteDependencies, 'db' | 'registry'>,
): void {
  keepBodiesAsText(app, bodyLimit)

  app.withTypeProvider<ZodTypeProvider>().post(
    '/notifiers/:notifier/webhooks',
    {
      bodyLimit,
      schema: {
        operationId: 'receiveDeliveryReports',
        summary: 'Receive a report of the delivery of a message',
        description:
          'Mail servers and mail providers call this route. A repeated report, or one on an unknown message, has no effect.',
        tags: ['Users'],
        security: [],
        params: z.object({ notifier: z.string().describe('The id of the notifier, such as `smtp`.') }),
        querystring: noQuery,
        body: z.unknown().describe('The report, as the provider sends it. For `smtp`, the returned message.'),
        response: {
          204: z.undefined().describe('The report was received, or it has no effect.'),
          ...problemResponses,
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
