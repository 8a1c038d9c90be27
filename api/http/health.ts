import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { isDatabaseReachable } from '../../domain/database/database-health.ts'
import type { RouteDependencies } from '../route-dependencies.ts'

const longest = 2_000
const live = z.object({ status: z.literal('live') })
const ready = z.object({
  status: z.enum(['ready', 'not_ready']),
  database: z.enum(['reachable', 'unreachable']),
  temporal: z
    .enum(['reachable', 'unreachable'])
    .describe('Accounts are accepted without it, and start when it is back.'),
})

/** Open to everybody: they say nothing but whether this process can do its work. */
export function healthRoutes(
  app: FastifyInstance,
  { db, runs }: Pick<RouteDependencies, 'db' | 'runs'>,
): void {
  const typed = app.withTypeProvider<ZodTypeProvider>()
  const tags = ['Health']

  typed.get(
    '/health/live',
    {
      schema: {
        operationId: 'live',
        summary: 'Whether the process runs',
        tags,
        security: [],
        response: { 200: live },
      },
    },
    async () => ({ status: 'live' as const }),
  )

  typed.get(
    '/health/ready',
    {
      schema: {
        operationId: 'ready',
        summary: 'Whether requests can be served',
        tags,
        security: [],
        response: { 200: ready, 503: ready },
      },
    },
    async (_, reply) => {
      const late = delay(longest, false, { ref: false })
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
