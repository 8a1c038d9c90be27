import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { isActivityId, listActivity } from '../../domain/organizations/organization-activity.ts'
import { readPage, toList } from '../http/cursor.ts'
import type { RouteDependencies } from '../route-dependencies.ts'
import { organizationParams } from '../access/path-parameters.ts'
import { organizationInScope, organizationOf } from '../access/path-resource.ts'
import { activityList } from './activity-schemas.ts'
import { pageQuery } from '../http/list-schema.ts'
import { problemResponses } from '../http/problem-schema.ts'

export function activityRoutes(app: FastifyInstance, { db }: RouteDependencies): void {
  app.withTypeProvider<ZodTypeProvider>().get(
    '/organizations/:organizationId/activity',
    {
      onRequest: organizationInScope(db),
      schema: {
        operationId: 'listActivity',
        summary: 'List the activity of an organization, newest first',
        tags: ['Organizations'],
        params: organizationParams,
        querystring: z.strictObject(pageQuery),
        response: { 200: activityList, ...problemResponses },
      },
    },
    async (request) => {
      const page = readPage(request.query, isActivityId)
      const found = await listActivity(db, organizationOf(request).id, page)
      return toList(found, request.query.limit, ({ at, ...activity }) => ({
        ...activity,
        at: at.toISOString(),
      }))
    },
  )
}
