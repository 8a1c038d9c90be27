import { z } from 'zod'
import { listOnboardings, listOperations } from '../../domain/runs/read-runs.ts'
import { callerOf } from '../access/api-key.ts'
import { onboardingOf, runInScope, runOf } from '../access/path-resource.ts'
import { listPage } from '../http/cursor.ts'
import type { App, RouteDependencies } from '../route-dependencies.ts'
import { onboarding, onboardingList, onboardingQuery } from './onboarding-schemas.ts'
import { operation, operationList, operationQuery } from './operation-schemas.ts'
import { onboardingResource, operationResource } from './run-resources.ts'

export function runRoutes(app: App, { db, presentOnboarding, presentOperation }: RouteDependencies): void {
  app.get(
    '/onboardings',
    {
      schema: {
        operationId: 'listOnboardings',
        summary: 'List onboardings, newest first',
        tags: ['Onboardings'],
        querystring: onboardingQuery,
        response: { 200: onboardingList },
      },
    },
    async (request) =>
      listPage(request.query, 'onb', presentOnboarding, (page, filter) =>
        listOnboardings(db, callerOf(request).path, { ...filter, ...page }),
      ),
  )

  app.get(
    onboardingResource.path,
    {
      onRequest: runInScope(db, onboardingResource),
      schema: {
        operationId: 'getOnboarding',
        summary: 'Read an onboarding',
        tags: ['Onboardings'],
        params: z.object({ onboardingId: z.string() }),
        response: { 200: onboarding },
      },
    },
    async (request) => presentOnboarding(onboardingOf(request)),
  )

  app.get(
    '/operations',
    {
      schema: {
        operationId: 'listOperations',
        summary: 'List operations, newest first',
        tags: ['Operations'],
        querystring: operationQuery,
        response: { 200: operationList },
      },
    },
    async (request) =>
      listPage(request.query, 'opr', presentOperation, (page, filter) =>
        listOperations(db, callerOf(request).path, { ...filter, ...page }),
      ),
  )

  app.get(
    operationResource.path,
    {
      onRequest: runInScope(db, operationResource),
      schema: {
        operationId: 'getOperation',
        summary: 'Read an operation',
        tags: ['Operations'],
        params: z.object({ operationId: z.string() }),
        response: { 200: operation },
      },
    },
    async (request) => presentOperation(runOf(request)),
  )
}
