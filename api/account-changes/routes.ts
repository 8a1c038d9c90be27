import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { callerOf } from '../access/api-key.ts'
import { answerChange, type Change } from './answer-change.ts'
import { toStandingOperation } from './standing-change.ts'
import { toPlanOperation } from './plan-change.ts'
import type { App, RouteDependencies } from '../route-dependencies.ts'
import { refuseOwnOrganization } from '../access/authorization.ts'
import { organizationInScope, organizationOf, organizationParams } from '../access/path-resource.ts'
import { changeHeaders, changeQuery, operationDryRun, standingBody } from './schemas.ts'
import { operation } from '../runs/operation-schemas.ts'
import { planBody } from './plan-schemas.ts'

const response = { 200: z.union([operation, operationDryRun]), 202: operation }

const summaries = {
  suspend: 'Suspend an account and its units',
  restore: 'Restore a suspended or closed account',
  close: 'Close an account and its units',
} as const

export function accountChangeRoutes(app: App, dependencies: RouteDependencies): void {
  const { db } = dependencies
  const common = { params: organizationParams, querystring: changeQuery, headers: changeHeaders, response }
  const onRequest = organizationInScope(db)
  const answer = (
    request: FastifyRequest,
    reply: FastifyReply,
    change: Omit<Change, 'account' | 'completed'>,
  ): Promise<FastifyReply> => {
    const account = organizationOf(request)
    refuseOwnOrganization(callerOf(request), account.id)
    return answerChange(dependencies, request, reply, { ...change, account, completed: 200 })
  }

  app.put(
    '/organizations/:organizationId/plan',
    {
      onRequest,
      schema: {
        ...common,
        operationId: 'changePlan',
        summary: 'Change the plan of an account: its kind, its licenses or its billing adapter',
        description:
          'A trial is converted by `{ "kind": "purchased" }`. `{ "kind": "trial" }` takes back a conversion that was not billed ' +
          'yet. One request may not change both the plan and its billing adapter.',
        tags: ['Plans'],
        body: planBody,
      },
    },
    async (request, reply) => {
      const toOperation = () => toPlanOperation(dependencies, organizationOf(request), request.body)
      return answer(request, reply, { name: 'plan', toOperation, query: request.query })
    },
  )

  for (const name of ['suspend', 'restore', 'close'] as const) {
    app.post(
      `/organizations/:organizationId/${name}`,
      {
        onRequest,
        schema: {
          ...common,
          operationId: `${name}Account`,
          summary: summaries[name],
          tags: ['Organizations'],
          body: standingBody,
        },
      },
      async (request, reply) => {
        const { reason = null } = request.body
        const toOperation = () =>
          toStandingOperation(dependencies, organizationOf(request), {
            change: name,
            level: callerOf(request).path,
            reason,
          })
        return answer(request, reply, { name, toOperation, query: request.query })
      },
    )
  }
}
