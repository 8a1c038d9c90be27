import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { callerOf } from '../access/api-key.ts'
import { answerChange, type Change } from './answer-change.ts'
import { decideAccountStatus } from './standing-change.ts'
import { decidePlan } from './plan-change.ts'
import type { RouteDependencies } from '../route-dependencies.ts'
import { refuseOwnOrganization, refuseDecidedAbove } from '../access/authorization.ts'
import { organizationInScope, organizationOf } from '../access/path-resource.ts'
import { changeHeaders, changeQuery } from './schemas.ts'
import { operation } from '../runs/operation-schemas.ts'
import { accountStatusBody, operationDryRun, planBody } from './plan-schemas.ts'
import { problemResponses } from '../http/problem-schema.ts'

const params = z.object({ organizationId: z.string() })
const response = { 200: z.union([operation, operationDryRun]), 202: operation, ...problemResponses }

const statuses = {
  suspend: 'Suspend an account and its units',
  restore: 'Restore an account that was suspended or closed',
  close: 'Close an account and its units',
} as const

/** Changes to an account that are carried out like an onboarding. */
export function accountChangeRoutes(app: FastifyInstance, dependencies: RouteDependencies): void {
  const { db } = dependencies
  const typed = app.withTypeProvider<ZodTypeProvider>()
  const common = { params, querystring: changeQuery, headers: changeHeaders, response }
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

  typed.put(
    '/organizations/:organizationId/plan',
    {
      onRequest,
      schema: {
        ...common,
        operationId: 'changePlan',
        summary: 'Convert a trial, change how many licenses there are, or who bills',
        description:
          'With `dryRun`, it answers with what the change would do, and has no effect. A conversion can be taken back by ' +
          '`{ "kind": "trial" }` until it was invoiced.',
        tags: ['Plans'],
        body: planBody,
      },
    },
    async (request, reply) => {
      const decide = () => decidePlan(dependencies, organizationOf(request), request.body)
      return answer(request, reply, { name: 'plan', decide, query: request.query })
    },
  )

  for (const name of ['suspend', 'restore', 'close'] as const) {
    typed.post(
      `/organizations/:organizationId/${name}`,
      {
        onRequest,
        schema: {
          ...common,
          operationId: `${name}Account`,
          summary: statuses[name],
          tags: ['Organizations'],
          body: accountStatusBody,
        },
      },
      async (request, reply) => {
        const { reason = null } = request.body
        const account = organizationOf(request)
        const decide = async () => {
          if (name === 'restore') await refuseDecidedAbove(db, callerOf(request), account.id)
          return decideAccountStatus(dependencies, account, name, reason)
        }
        return answer(request, reply, { name, decide, query: request.query })
      },
    )
  }
}
