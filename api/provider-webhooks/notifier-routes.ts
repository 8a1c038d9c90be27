import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { takeDeliveryReport } from '../../domain/users/delivery-reports.ts'
import type { RouteDependencies } from '../route-dependencies.ts'
import { notFound } from '../http/problem.ts'
import { readWebhook, takeBodiesAsSent } from './signed-body.ts'
import { noQuery } from '../http/list-schema.ts'
import { problemResponses } from '../http/problem-schema.ts'

/** Some servers send back a whole message instead of its headers; ours are far below this. */
const bodyLimit = 1024 * 1024

/** Open to everybody, because mail servers have no API key: a secret of its own says who sent it. */
export function notifierWebhookRoutes(
  app: FastifyInstance,
  { db, registry }: Pick<RouteDependencies, 'db' | 'registry'>,
): void {
  takeBodiesAsSent(app, bodyLimit)

  app.withTypeProvider<ZodTypeProvider>().post(
    '/notifiers/:notifier/webhooks',
    {
      bodyLimit,
      schema: {
        operationId: 'receiveDeliveryReports',
        summary: 'Take a report of what became of a message',
        description:
          'For mail servers and providers to call. Repeated reports, and those about messages of others, change nothing.',
        tags: ['Users'],
        security: [],
        params: z.object({ notifier: z.string().describe('The notifier, such as `smtp`.') }),
        querystring: noQuery,
        body: z.unknown().describe('As the provider sends it; for `smtp` the message that came back.'),
        response: { 204: z.undefined().describe('Taken, or passed over.'), ...problemResponses },
      },
    },
    async (request, reply) => {
      const parse = registry.notifiers.get(request.params.notifier)?.parseDeliveryReports
      if (parse === undefined) throw notFound()
      const reports = await readWebhook(parse, request)
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
