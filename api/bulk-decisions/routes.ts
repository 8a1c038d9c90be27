import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { type BulkDecision, findBulkDecision, listBulkItems } from '../../domain/decisions/bulk-decision.ts'
import { isIdOf } from '../../domain/ids.ts'
import { acceptBulk, dryRunBulk } from './accept-bulk.ts'
import { callerOf } from '../access/api-key.ts'
import { readPage, toList } from '../http/cursor.ts'
import type { RouteDependencies } from '../route-dependencies.ts'
import { notFound } from '../http/problem.ts'
import { presentBulkDecision } from './presenter.ts'
import {
  bulkDecision,
  bulkDecisionBody,
  bulkDecisionHeaders,
  bulkItemList,
  bulkItemQuery,
  bulkDryRun,
} from './schemas.ts'
import { noQuery } from '../http/list-schema.ts'
import { problemResponses } from '../http/problem-schema.ts'

const params = z.object({ bulkDecisionId: z.string() })

/** Bulk decisions: one decision on every onboarding that a filter finds. */
export function bulkDecisionRoutes(app: FastifyInstance, dependencies: RouteDependencies): void {
  const { db, temporalUi } = dependencies
  const typed = app.withTypeProvider<ZodTypeProvider>()

  typed.post(
    '/onboardings/bulk',
    {
      schema: {
        operationId: 'decideInBulk',
        summary: 'Retry, skip or cancel all onboardings that a filter finds',
        description:
          'Makes the decision on every onboarding that the filter finds now, with at most `atOnce` runs in progress at the ' +
          'same time. With `dryRun`, answers 200 with the decisions that it would make, and has no effect.',
        tags: ['Onboardings'],
        querystring: noQuery,
        headers: bulkDecisionHeaders,
        body: bulkDecisionBody,
        response: { 200: bulkDryRun, 202: bulkDecision, ...problemResponses },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request)
      const { dryRun, ...requested } = request.body
      if (dryRun) return reply.code(200).send(await dryRunBulk(db, caller, requested))
      const key = request.headers['idempotency-key']
      const accepted = await acceptBulk(dependencies, caller, requested, key)
      void reply.header('location', `/v1/bulk-decisions/${accepted.id}`)
      return reply.code(202).send(presentBulkDecision(accepted, temporalUi))
    },
  )

  typed.get(
    '/bulk-decisions/:bulkDecisionId',
    {
      schema: {
        operationId: 'getBulkDecision',
        summary: 'Read the progress of a bulk decision',
        tags: ['Onboardings'],
        params,
        querystring: noQuery,
        response: { 200: bulkDecision, ...problemResponses },
      },
    },
    async (request) =>
      presentBulkDecision(await bulkInScope(request, request.params.bulkDecisionId), temporalUi),
  )

  typed.get(
    '/bulk-decisions/:bulkDecisionId/items',
    {
      schema: {
        operationId: 'listBulkDecisionItems',
        summary: 'List the results of a bulk decision, one for each decision',
        tags: ['Onboardings'],
        params,
        querystring: bulkItemQuery,
        response: { 200: bulkItemList, ...problemResponses },
      },
    },
    async (request) => {
      const { id } = await bulkInScope(request, request.params.bulkDecisionId)
      const { limit, cursor, status } = request.query
      const page = readPage({ limit, cursor }, isIdOf('dec'))
      const found = await listBulkItems(db, id, { ...page, status })
      return toList(found, limit, ({ runId, stepId, updatedAt, ...item }) => ({
        ...item,
        onboardingId: runId,
        step: stepId,
        updatedAt: updatedAt.toISOString(),
      }))
    },
  )

  /** The bulk decision of the path. @throws Problem when the caller may see no such bulk decision. */
  async function bulkInScope(request: FastifyRequest, id: string): Promise<BulkDecision> {
    const bulk = await findBulkDecision(db, callerOf(request).path, id)
    if (bulk === undefined) throw notFound()
    return bulk
  }
}
