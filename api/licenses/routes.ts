import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { countLicenses } from '../../domain/licenses/count-licenses.ts'
import type { RouteDependencies } from '../route-dependencies.ts'
import { organizationParams } from '../access/path-parameters.ts'
import { organizationInScope, organizationOf } from '../access/path-resource.ts'
import { licenses } from './schemas.ts'
import { noQuery } from '../http/list-schema.ts'
import { problemResponses } from '../http/problem-schema.ts'

export function licenseRoutes(app: FastifyInstance, { db }: RouteDependencies): void {
  app.withTypeProvider<ZodTypeProvider>().get(
    '/organizations/:organizationId/licenses',
    {
      onRequest: organizationInScope(db),
      schema: {
        operationId: 'getLicenses',
        summary: 'Read the licenses that an organization can use',
        tags: ['Licenses'],
        params: organizationParams,
        querystring: noQuery,
        response: { 200: licenses, ...problemResponses },
      },
    },
    async (request) => {
      const { plan, ...counts } = await countLicenses(db, organizationOf(request))
      return {
        plan: plan === null ? null : { ...plan, trialEndsAt: plan.trialEndsAt?.toISOString() ?? null },
        ...counts,
      }
    },
  )
}
