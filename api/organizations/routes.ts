import { z } from 'zod'
import {
  type Activity,
  isActivityId,
  listActivity,
} from '../../domain/organizations/organization-activity.ts'
import { listChildren, listOrganizations } from '../../domain/organizations/read-organizations.ts'
import { callerOf } from '../access/api-key.ts'
import { activityList } from './activity-schemas.ts'
import { pageQuery } from '../http/list-schema.ts'
import { patchOrganization } from './patch-organization.ts'
import { listPage } from '../http/cursor.ts'
import type { App, RouteDependencies } from '../route-dependencies.ts'
import { organizationInScope, organizationOf, organizationParams } from '../access/path-resource.ts'
import { etagOf, presentOrganization } from './presenter.ts'
import {
  childrenQuery,
  organization,
  organizationChanges,
  organizationList,
  organizationQuery,
} from './schemas.ts'

export function organizationRoutes(app: App, dependencies: RouteDependencies): void {
  const { db } = dependencies
  const onRequest = organizationInScope(db)
  const tags = ['Organizations']

  app.get(
    '/organizations',
    {
      schema: {
        operationId: 'listOrganizations',
        summary: 'List or search the organizations you may see',
        tags,
        querystring: organizationQuery,
        response: { 200: organizationList },
      },
    },
    async (request) =>
      listPage(request.query, 'org', presentOrganization, (page, { q: search }) =>
        listOrganizations(db, callerOf(request).path, { ...page, search }),
      ),
  )

  app.get(
    '/organizations/:organizationId',
    {
      onRequest,
      schema: {
        operationId: 'getOrganization',
        summary: 'Read an organization',
        tags,
        params: organizationParams,
        response: { 200: organization },
      },
    },
    async (request, reply) => {
      const found = organizationOf(request)
      return reply.header('etag', etagOf(found)).send(presentOrganization(found))
    },
  )

  app.patch(
    '/organizations/:organizationId',
    {
      onRequest,
      schema: {
        operationId: 'changeOrganization',
        summary: 'Change an organization',
        description:
          'A missing field keeps its value; null removes it. A new name is carried to the billing provider of the account, by an ' +
          'operation that the header `Link` names with `rel="status"`.',
        tags,
        params: organizationParams,
        headers: z.looseObject({
          'if-match': z
            .string()
            .max(1000)
            .optional()
            .describe('Required. The `ETag` of the version that you read, or `*` for any version.'),
        }),
        body: organizationChanges,
        response: { 200: organization },
      },
    },
    async (request, reply) => {
      const { organization: changed, operationId } = await patchOrganization(
        dependencies,
        organizationOf(request),
        {
          ifMatch: request.headers['if-match'],
          body: request.body,
          actor: callerOf(request).apiKeyId,
        },
      )
      if (operationId !== undefined)
        void reply.header('link', `</v1/operations/${operationId}>; rel="status"`)
      return reply.header('etag', etagOf(changed)).send(presentOrganization(changed))
    },
  )

  app.get(
    '/organizations/:organizationId/children',
    {
      onRequest,
      schema: {
        operationId: 'listChildren',
        summary: 'List the organizations directly below an organization',
        tags,
        params: organizationParams,
        querystring: childrenQuery,
        response: { 200: organizationList },
      },
    },
    async (request) =>
      listPage(request.query, 'org', presentOrganization, (page) =>
        listChildren(db, organizationOf(request).id, page),
      ),
  )

  app.get(
    '/organizations/:organizationId/activity',
    {
      onRequest,
      schema: {
        operationId: 'listActivity',
        summary: 'List the activity of an organization, newest first',
        tags,
        params: organizationParams,
        querystring: z.strictObject(pageQuery),
        response: { 200: activityList },
      },
    },
    async (request) =>
      listPage(request.query, isActivityId, presentActivity, (page) =>
        listActivity(db, organizationOf(request).id, page),
      ),
  )
}

function presentActivity({ at, ...activity }: Activity) {
  return { ...activity, at: at.toISOString() }
}
