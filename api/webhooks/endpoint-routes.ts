import { z } from 'zod'
import { fieldProblem } from '../../domain/errors/error-declaration.ts'
import {
  changeEndpoint,
  createEndpoint,
  deleteEndpoint,
  listEndpoints,
  mostEndpoints,
  rotateSecret,
} from '../../domain/webhooks/webhook-endpoints.ts'
import { findTargetProblem, targetRulesFor } from '../../domain/webhooks/webhook-target.ts'
import { listPage } from '../http/cursor.ts'
import type { App, RouteDependencies } from '../route-dependencies.ts'
import { tooManyEndpoints } from '../http/errors.ts'
import { addressNotAllowed } from '../http/field-errors.ts'
import { presentEndpoint } from './presenter.ts'
import { invalidRequest, notFound, problem } from '../http/problem.ts'
import { pageQuery } from '../http/list-schema.ts'
import { endpoint, endpointBody, endpointChanges, endpointList, endpointWithSecret } from './schemas.ts'
import {
  endpointInScope,
  endpointOf,
  organizationInScope,
  organizationOf,
  organizationParams,
} from '../access/path-resource.ts'

const endpointParams = z.object({ endpointId: z.string() })

export function webhookEndpointRoutes(app: App, { db, publicUrl }: RouteDependencies): void {
  const tags = ['Webhooks']
  const targetRules = targetRulesFor(publicUrl)

  const checkUrl = async (url: string): Promise<void> => {
    const rule = await findTargetProblem(url, targetRules)
    if (rule !== undefined)
      throw invalidRequest([fieldProblem('/url', addressNotAllowed, { parameters: { rule } })])
  }

  app.post(
    '/organizations/:organizationId/webhook-endpoints',
    {
      onRequest: organizationInScope(db),
      schema: {
        operationId: 'createWebhookEndpoint',
        summary: 'Create a webhook endpoint for the events of an organization and all below it',
        tags,
        params: organizationParams,
        body: endpointBody,
        response: { 201: endpointWithSecret },
      },
    },
    async (request, reply) => {
      await checkUrl(request.body.url)
      const organizationId = organizationOf(request).id
      const created = await createEndpoint(db, { organizationId, ...request.body })
      if (created === undefined) throw problem(tooManyEndpoints, { parameters: { maximum: mostEndpoints } })
      return reply
        .code(201)
        .header('location', `/v1/webhook-endpoints/${created.endpoint.id}`)
        .send({ ...presentEndpoint(created.endpoint), secret: created.secret })
    },
  )

  app.get(
    '/organizations/:organizationId/webhook-endpoints',
    {
      onRequest: organizationInScope(db),
      schema: {
        operationId: 'listWebhookEndpoints',
        summary: 'List the webhook endpoints of an organization',
        tags,
        params: organizationParams,
        querystring: z.strictObject(pageQuery),
        response: { 200: endpointList },
      },
    },
    async (request) =>
      listPage(request.query, 'whe', presentEndpoint, (page) =>
        listEndpoints(db, organizationOf(request).id, page),
      ),
  )

  app.get(
    '/webhook-endpoints/:endpointId',
    {
      onRequest: endpointInScope(db),
      schema: {
        operationId: 'getWebhookEndpoint',
        summary: 'Read a webhook endpoint',
        tags,
        params: endpointParams,
        response: { 200: endpoint },
      },
    },
    async (request) => presentEndpoint(endpointOf(request)),
  )

  app.patch(
    '/webhook-endpoints/:endpointId',
    {
      onRequest: endpointInScope(db),
      schema: {
        operationId: 'changeWebhookEndpoint',
        summary: 'Change, disable or enable a webhook endpoint',
        description: 'A missing field keeps its value.',
        tags,
        params: endpointParams,
        body: endpointChanges,
        response: { 200: endpoint },
      },
    },
    async (request) => {
      if (request.body.url !== undefined) await checkUrl(request.body.url)
      const changed = await changeEndpoint(db, endpointOf(request).id, request.body)
      if (changed === undefined) throw notFound()
      return presentEndpoint(changed)
    },
  )

  app.delete(
    '/webhook-endpoints/:endpointId',
    {
      onRequest: endpointInScope(db),
      schema: {
        operationId: 'deleteWebhookEndpoint',
        summary: 'Delete a webhook endpoint and its deliveries',
        tags,
        params: endpointParams,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      await deleteEndpoint(db, endpointOf(request).id)
      return reply.code(204).send(null)
    },
  )

  app.post(
    '/webhook-endpoints/:endpointId/rotate-secret',
    {
      onRequest: endpointInScope(db),
      schema: {
        operationId: 'rotateWebhookSecret',
        summary: 'Rotate the secret of a webhook endpoint',
        description:
          'Requests are signed with both the new and the present secret for 24 hours, then with the new one only.',
        tags,
        params: endpointParams,
        response: { 200: endpointWithSecret },
      },
    },
    async (request) => {
      const rotated = await rotateSecret(db, endpointOf(request).id)
      if (rotated === undefined) throw notFound()
      return { ...presentEndpoint(rotated.endpoint), secret: rotated.secret }
    },
  )
}
