import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { type DecisionRecord, listDecisions } from '../../domain/decisions/read-decisions.ts'
import { isIdOf } from '../../domain/ids.ts'
import { readPage, toList } from '../http/cursor.ts'
import type { RouteDependencies } from '../route-dependencies.ts'
import { runInScope, runOf } from '../access/path-resource.ts'
import type { RunResource } from '../runs/run-resources.ts'
import { decisionList, type DecisionView } from './schemas.ts'
import { pageQuery } from '../http/list-schema.ts'
import { problemResponses } from '../http/problem-schema.ts'

/** The audit trail of a run: its decisions. */
export function decisionListRoutes(
  app: FastifyInstance,
  { db }: RouteDependencies,
  resource: RunResource,
): void {
  const noun = resource.name.toLowerCase()

  app.withTypeProvider<ZodTypeProvider>().get(
    `${resource.path}/decisions`,
    {
      onRequest: runInScope(db, resource),
      schema: {
        operationId: `list${resource.name}Decisions`,
        summary: `List the decisions on an ${noun}, newest first`,
        tags: [resource.tag],
        params: z.object({ [resource.parameter]: z.string() }),
        querystring: z.strictObject(pageQuery),
        response: { 200: decisionList, ...problemResponses },
      },
    },
    async (request) => {
      const page = readPage(request.query, isIdOf('dec'))
      const found = await listDecisions(db, runOf(request).id, page)
      return toList(found, request.query.limit, presentDecision)
    },
  )
}

function presentDecision({ stepId, decidedAt, takenAt, ...decision }: DecisionRecord): DecisionView {
  return {
    ...decision,
    step: stepId,
    outcome: takenAt !== null ? 'taken' : decision.refusal === null ? 'pending' : 'refused',
    decidedAt: decidedAt.toISOString(),
    takenAt: takenAt?.toISOString() ?? null,
  }
}
