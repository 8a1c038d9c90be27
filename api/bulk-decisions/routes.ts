import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import {
  type BulkDecision,
  type BulkItem,
  findBulkDecision,
  listBulkItems,
} from '../../domain/decisions/bulk-decision.ts'
import { acceptBulk, dryRunBulk } from './accept-bulk.ts'
import { callerOf } from '../access/api-key.ts'
import { listPage } from '../http/cursor.ts'
import type { App, RouteDependencies } from '../route-dependencies.ts'
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

const params = z.object({ bulkDecisionId: z.string() })

export function bulkDecisionRoutes(app: App, dependencies: RouteDependencies): void {
  const { db, temporalUi } = dependencies

  app.post(
    '/onboardings/bulk',
    {
      schema: {
        operationId: 'decideInBulk',
        summary: 'Retry, skip or cancel all onboardings that a filter finds',
        description:
          'Makes the decision on every onboarding that the filter finds now, with at most `atOnce` runs in progress at the ' +
          'same time. With `dryRun`, answers 200 with the decisions that it would make, and has no effect.',
        tags: ['Onboardings'],
        headers: bulkDecisionHeaders,
        body: bulkDecisionBody,
        response: { 200: bulkDryRun, 202: bulkDecision },
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

  app.get(
    '/bulk-decisions/:bulkDecisionId',
    {
      schema: {
        operationId: 'getBulkDecision',
        summary: 'Read the progress of a bulk decision',
        tags: ['Onboardings'],
        params,
        response: { 200: bulkDecision },
      },
    },
    async (request) =>
      presentBulkDecision(await bulkInScope(request, request.params.bulkDecisionId), temporalUi),
  )

  app.get(
    '/bulk-decisions/:bulkDecisionId/items',
    {
      schema: {
        operationId: 'listBulkDecisionItems',
        summary: 'List the results of a bulk decision, one for each decision',
        tags: ['Onboardings'],
        params,
        querystring: bulkItemQuery,
        response: { 200: bulkItemList },
      },
    },
    async (request) => {
      const { id } = await bulkInScope(request, request.params.bulkDecisionId)
      return listPage(request.query, 'dec', presentItem, (page, { status }) =>
        listBulkItems(db, id, { ...page, status }),
      )
    },
  )

  async function bulkInScope(request: FastifyRequest, id: string): Promise<BulkDecision> {
    const bulk = await findBulkDecision(db, callerOf(request).path, id)
    if (bulk === undefined) throw notFound()
    return bulk
  }
}

function presentItem({ runId, stepId, updatedAt, ...item }: BulkItem) {
  return { ...item, onboardingId: runId, step: stepId, updatedAt: updatedAt.toISOString() }
}
