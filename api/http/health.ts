import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { isDatabaseReachable } from '../../domain/database/database-health.ts'
import type { App, RouteDependencies } from '../route-dependencies.ts'

/** The most milliseconds that a check waits for Postgres or Temporal. */
const timeout = 2_000
const live = z.object({ status: z.literal('live') })
const ready = z.object({
  status: z.enum(['ready', 'not_ready']).describe('`ready` when Postgres is reachable.'),
  database: z.enum(['reachable', 'unreachable']),
  temporal: z
    .enum(['reachable', 'unreachable'])
    .describe(
      'Has no effect on `status`: the API also accepts requests while Temporal is unreachable, and starts their workflows later.',
    ),
})

/** Checks for load balancers. They need no API key, because they only tell whether this process, Postgres and Temporal respond. */
export function healthRoutes(app: App, { db, runs }: Pick<RouteDependencies, 'db' | 'runs'>): void {
  const tags = ['Health']

  app.get(
    '/health/live',
    {
      schema: {
        operationId: 'live',
        summary: 'Check that the process runs',
        tags,
        security: [],
        response: { 200: live },
      },
    },
    async () => ({ status: 'live' as const }),
  )

  app.get(
    '/health/ready',
    {
      schema: {
        operationId: 'ready',
        summary: 'Check that the API can serve requests',
        description: 'Answers 503 when Postgres does not respond within 2 seconds.',
        tags,
        security: [],
        response: { 200: ready, 503: ready },
      },
    },
    async (_, reply) => {
      const late = delay(timeout, false, { ref: false })
      const [database, temporal] = await Promise.all([
        Promise.race([isDatabaseReachable(db), late]),
        Promise.race([runs.isReachable(), late]),
      ])
      return reply.code(database ? 200 : 503).send({
        status: database ? 'ready' : 'not_ready',
        database: database ? 'reachable' : 'unreachable',
        temporal: temporal ? 'reachable' : 'unreachable',
      })
    },
  )
}
