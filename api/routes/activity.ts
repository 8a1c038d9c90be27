import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { isActivityId, listActivity } from '../../domain/organization-activity.ts'
import { organizationInScope, organizationOf } from '../access.ts'
import { readPage, toList } from '../cursor.ts'
import type { RouteDependencies } from '../dependencies.ts'
import { activityList } from '../schemas/activity.ts'
import { pageQuery } from '../schemas/list.ts'
import { problemResponses } from '../schemas/problem.ts'

export function activityRoutes(app: FastifyInstance, { db }: RouteDependencies): void {
  app.withTypeProvider<ZodTypeProvider>().get(
    '/organizations/:organizationId/activity',
    {
      onRequest: organizationInScope(db),
      schema: {
        operationId: 'listActivity',
        summary: 'List what happened to an organization, newest first',
        tags: ['Organizations'],
        params: z.object({ organizationId: z.string().describe('`root` names the platform.') }),
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
