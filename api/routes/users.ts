import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { isIdOf } from '../../domain/ids.ts'
import { listUsers } from '../../domain/organization-users.ts'
import { organizationInScope, organizationOf } from '../access.ts'
import { readPage, toList } from '../cursor.ts'
import type { RouteDependencies } from '../dependencies.ts'
import { pageQuery } from '../schemas/list.ts'
import { problemResponses } from '../schemas/problem.ts'
import { userList } from '../schemas/user.ts'

export function userRoutes(app: FastifyInstance, { db }: RouteDependencies): void {
  app.withTypeProvider<ZodTypeProvider>().get(
    '/organizations/:organizationId/users',
    {
      onRequest: organizationInScope(db),
      schema: {
        operationId: 'listUsers',
        summary: 'List the users of an organization',
        tags: ['Users'],
        params: z.object({ organizationId: z.string() }),
        querystring: z.strictObject(pageQuery),
        response: { 200: userList, ...problemResponses },
      },
    },
    async (request) => {
      const found = await listUsers(db, organizationOf(request).id, readPage(request.query, isIdOf('usr')))
      return toList(found, request.query.limit, (user) => ({
        ...user,
        createdAt: user.createdAt.toISOString(),
      }))
    },
  )
}
