import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { isIdOf } from '../../domain/ids.ts'
import { listChildren, listOrganizations } from '../../domain/organizations/read-organizations.ts'
import { callerOf } from '../access/api-key.ts'
import { patchOrganization } from './patch-organization.ts'
import { readPage, toList } from '../http/cursor.ts'
import type { RouteDependencies } from '../route-dependencies.ts'
import { organizationParams } from '../access/path-parameters.ts'
import { organizationInScope, organizationOf } from '../access/path-resource.ts'
import { etagOf, presentOrganization } from './presenter.ts'
import { noQuery } from '../http/list-schema.ts'
import {
  childrenQuery,
  organization,
  organizationChanges,
  organizationList,
  organizationQuery,
} from './schemas.ts'
import { problemResponses } from '../http/problem-schema.ts'

export function organizationRoutes(app: FastifyInstance, dependencies: RouteDependencies): void {
  const { db } = dependencies
  const typed = app.withTypeProvider<ZodTypeProvider>()
  const onRequest = organizationInScope(db)
  const tags = ['Organizations']

  typed.get(
    '/organizations',
    {
      schema: {
        operationId: 'listOrganizations',
        summary: 'List or search the organizations you may see',
        tags,
        querystring: organizationQuery,
        response: { 200: organizationList, ...problemResponses },
      },
    },
    async (request) => {
      const { q, limit } = request.query
      const page = readPage(request.query, isIdOf('org'))
      const found = await listOrganizations(db, callerOf(request).path, { ...page, search: q })
      return toList(found, limit, presentOrganization)
    },
  )

  typed.get(
    '/organizations/:organizationId',
    {
      onRequest,
      schema: {
        operationId: 'getOrganization',
        summary: 'Read an organization',
        tags,
        params: organizationParams,
        querystring: noQuery,
        response: { 200: organization, ...problemResponses },
      },
    },
    async (request, reply) => {
      const found = organizationOf(request)
      return reply.header('etag', etagOf(found)).send(presentOrganization(found))
    },
  )

  typed.patch(
    '/organizations/:organizationId',
    {
      onRequest,
      schema: {
        operationId: 'changeOrganization',
        summary: 'Change an organization',
        description: 'A missing field keeps its value; null removes it.',
        tags,
        params: organizationParams,
        querystring: noQuery,
        headers: z.looseObject({
          'if-match': z
            .string()
            .max(1000)
            .optional()
            .describe('Required. The `ETag` of the version that you read, or `*` for any version.'),
        }),
        body: organizationChanges,
        response: { 200: organization, ...problemResponses },
      },
    },
    async (request, reply) => {
      const changed = await patchOrganization(dependencies, organizationOf(request), {
        ifMatch: request.headers['if-match'],
        body: request.body,
        actor: callerOf(request).apiKeyId,
      })
      return reply.header('etag', etagOf(changed)).send(presentOrganization(changed))
    },
  )

  typed.get(
    '/organizations/:organizationId/children',
    {
      onRequest,
      schema: {
        operationId: 'listChildren',
        summary: 'List the organizations directly below an organization',
        tags,
        params: organizationParams,
        querystring: childrenQuery,
        response: { 200: organizationList, ...problemResponses },
      },
    },
    async (request) => {
      const page = readPage(request.query, isIdOf('org'))
      const found = await listChildren(db, organizationOf(request).id, page)
      return toList(found, request.query.limit, presentOrganization)
    },
  )
}
