import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { problemResponses } from './problem-schema.ts'

/**
 * Completes the schemas of the routes that are registered after this call: with the error responses, and with a query without
 * parameters for a route that names none. A route refuses unknown parameters, so that a caller notices a misspelling.
 */
export function completeSchemas(app: FastifyInstance): void {
  app.addHook('onRoute', ({ schema }) => {
    if (schema === undefined || schema.hide) return
    schema.querystring ??= z.strictObject({})
    schema.response = { ...(schema.response ?? {}), ...problemResponses }
  })
}
