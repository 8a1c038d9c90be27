import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { isIdOf } from '../../domain/ids.ts'
import { listOperations } from '../../domain/runs/read-runs.ts'
import { callerOf } from '../access/api-key.ts'
import { readPage, toList } from '../http/cursor.ts'
import type { RouteDependencies } from '../route-dependencies.ts'
import { runInScope, runOf } from '../access/path-resource.ts'
import { operationResource } from './run-resources.ts'
import { noQuery } from '../http/list-schema.ts'
import { operation, operationList, operationQuery } from './operation-schemas.ts'
import { problemResponses } from '../http/problem-schema.ts'

export function operationRoutes(app: FastifyInstance, { db, presentOperation }: RouteDependencies): void {
  const typed = app.withTypeProvider<ZodTypeProvider>()

  typed.get(
    '/operations',
    {
      schema: {
        operationId: 'listOperations',
        summary: 'List operations, newest first',
        tags: ['Operations'],
        querystring: operationQuery,
        response: { 200: operationList, ...problemResponses },
      },
    },
    async (request) => {
      const { limit, cursor, ...filter } = request.query
      const page = readPage({ limit, cursor }, isIdOf('opr'))
      const found = await listOperations(db, callerOf(request).path, { ...filter, ...page })
      return toList(found, limit, presentOperation)
    },
  )

  typed.get(
    operationResource.path,
    {
      onRequest: runInScope(db, operationResource),
      schema: {
        operationId: 'getOperation',
        summary: 'Read an operation',
        tags: ['Operations'],
        params: z.object({ operationId: z.string() }),
        querystring: noQuery,
        response: { 200: operation, ...problemResponses },
      },
    },
    async (request) => presentOperation(runOf(request)),
  )
}
