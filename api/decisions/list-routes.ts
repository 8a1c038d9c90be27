import { z } from 'zod'
import { type DecisionRecord, listDecisions } from '../../domain/decisions/read-decisions.ts'
import { listPage } from '../http/cursor.ts'
import type { App, RouteDependencies } from '../route-dependencies.ts'
import { runInScope, runOf } from '../access/path-resource.ts'
import type { RunResource } from '../runs/run-resources.ts'
import { decisionList, type DecisionView } from './schemas.ts'
import { pageQuery } from '../http/list-schema.ts'

export function decisionListRoutes(app: App, { db }: RouteDependencies, resource: RunResource): void {
  const noun = resource.name.toLowerCase()

  app.get(
    `${resource.path}/decisions`,
    {
      onRequest: runInScope(db, resource),
      schema: {
        operationId: `list${resource.name}Decisions`,
        summary: `List the decisions on an ${noun}, newest first`,
        tags: [resource.tag],
        params: z.object({ [resource.parameter]: z.string() }),
        querystring: z.strictObject(pageQuery),
        response: { 200: decisionList },
      },
    },
    async (request) =>
      listPage(request.query, 'dec', presentDecision, (page) => listDecisions(db, runOf(request).id, page)),
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
