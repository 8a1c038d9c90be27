import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { isIdOf } from '../../domain/ids.ts'
import { listOnboardings } from '../../domain/runs/read-runs.ts'
import { callerOf } from '../access/api-key.ts'
import { readPage, toList } from '../http/cursor.ts'
import type { RouteDependencies } from '../route-dependencies.ts'
import { onboardingOf, runInScope } from '../access/path-resource.ts'
import { onboardingResource } from './run-resources.ts'
import { noQuery } from '../http/list-schema.ts'
import { onboarding, onboardingList, onboardingQuery } from './onboarding-schemas.ts'
import { problemResponses } from '../http/problem-schema.ts'

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
    onboardingResource.path,
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
