import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { findEndpoint, type WebhookEndpoint } from '../../domain/webhooks/webhook-endpoints.ts'
import { callerOf } from './api-key.ts'
import { notFound } from '../http/problem.ts'

const endpoints = new WeakMap<FastifyRequest, WebhookEndpoint>()

/** For routes with `:endpointId`: answers 404 before anything else is looked at, unless the caller may see it. */
export function endpointInScope(db: DatabaseConnection): onRequestAsyncHookHandler {
  return async (request) => {
    const { endpointId } = request.params as { endpointId: string }
    const endpoint = await findEndpoint(db, callerOf(request).path, endpointId)
    if (endpoint === undefined) throw notFound()
    endpoints.set(request, endpoint)
  }
}

/** The endpoint that the address names. Only in routes behind `endpointInScope`. */
export function endpointOf(request: FastifyRequest): WebhookEndpoint {
  const endpoint = endpoints.get(request)
  if (endpoint === undefined) throw new Error('This route asks for an endpoint without looking it up')
  return endpoint
}
