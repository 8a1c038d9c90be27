import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { isIdOf } from '../../domain/ids.ts'
import { listOnboardings } from '../../domain/onboardings.ts'
import { callerOf } from '../access.ts'
import { readPage, toList } from '../cursor.ts'
import type { RouteDependencies } from '../dependencies.ts'
import { onboardingOf, runInScope } from '../run-access.ts'
import { onboardingResource } from '../run-resources.ts'
import { noQuery } from '../schemas/list.ts'
import { onboarding, onboardingList, onboardingQuery } from '../schemas/onboarding.ts'
import { problemResponses } from '../schemas/problem.ts'

export function onboardingRoutes(app: FastifyInstance, { db, presentOnboarding }: RouteDependencies): void {
  const typed = app.withTypeProvider<ZodTypeProvider>()

  typed.get(
    '/onboardings',
    {
      schema: {
        operationId: 'listOnboardings',
        summary: 'List onboardings, newest first',
        tags: ['Onboardings'],
        querystring: onboardingQuery,
        response: { 200: onboardingList, ...problemResponses },
      },
    },
    async (request) => {
      const { limit, cursor, ...filter } = request.query
      const page = readPage({ limit, cursor }, isIdOf('onb'))
      const found = await listOnboardings(db, callerOf(request).path, { ...filter, ...page })
      return toList(found, limit, presentOnboarding)
    },
  )

  typed.get(
    '/onboardings/:onboardingId',
    {
      onRequest: runInScope(db, onboardingResource),
      schema: {
        operationId: 'getOnboarding',
        summary: 'Read an onboarding',
        tags: ['Onboardings'],
        params: z.object({ onboardingId: z.string() }),
        querystring: noQuery,
        response: { 200: onboarding, ...problemResponses },
      },
    },
    async (request) => presentOnboarding(onboardingOf(request)),
  )
}
