import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { findRun } from '../../domain/onboardings.ts'
import type { AccountOperation } from '../../domain/operations.ts'
import { acceptChange, type OperationCall } from '../accept-operation.ts'
import { callerOf, organizationInScope, organizationOf } from '../access.ts'
import { decideAccountStatus } from '../decide-account-status.ts'
import { decidePlan } from '../decide-plan.ts'
import type { RouteDependencies } from '../dependencies.ts'
import { refuseOwnOrganization, refuseDecidedAbove } from '../own-affairs.ts'
import { readWait } from '../prefer.ts'
import { reviewOperation } from '../review-operation.ts'
import { changeHeaders, changeQuery } from '../schemas/change.ts'
import { operation } from '../schemas/operation.ts'
import { accountStatusBody, operationReview, planBody } from '../schemas/plan.ts'
import { problemResponses } from '../schemas/problem.ts'
import { isSettled, waitForOnboarding } from '../wait-for-onboarding.ts'

const params = z.object({ organizationId: z.string() })
const response = { 200: z.union([operation, operationReview]), 202: operation, ...problemResponses }

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

  typed.put(
    '/organizations/:organizationId/plan',
    {
      onRequest,
      schema: {
        ...common,
        operationId: 'changePlan',
        summary: 'Convert a trial, change how many licenses there are, or who bills',
        description:
          'With `validateOnly` it answers what would happen, and nothing does. A conversion can be taken back by ' +
          '`{ "kind": "trial" }` until it was invoiced.',
        tags: ['Plans'],
        body: planBody,
      },
    },
    async (request, reply) => {
      const decide = () => decidePlan(dependencies, organizationOf(request), request.body)
      await answer(dependencies, request, reply, { name: 'plan', decide, query: request.query })
      return reply
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
        await answer(dependencies, request, reply, { name, decide, query: request.query })
        return reply
      },
    )
  }
}

interface Change {
  name: OperationCall['name']
  query: z.output<typeof changeQuery>
  decide(): Promise<AccountOperation>
}

async function answer(
  dependencies: RouteDependencies,
  request: FastifyRequest,
  reply: FastifyReply,
  { name, query, decide }: Change,
): Promise<void> {
  const { db, registry, presentOperation } = dependencies
  const caller = callerOf(request)
  refuseOwnOrganization(caller, organizationOf(request).id)
  if (query.validateOnly) {
    void reply.code(200).send(await reviewOperation(registry, await decide()))
    return
  }
  const headers = changeHeaders.parse(request.headers)
  const { 'idempotency-key': idempotencyKey } = headers
  const call = { name, caller, account: organizationOf(request), body: request.body, idempotencyKey }
  let run = await acceptChange(dependencies, call, decide)
  const wait = readWait(headers.prefer)
  if (wait !== undefined) {
    void reply.header('preference-applied', `wait=${wait}`)
    await waitForOnboarding(dependencies, run.id, { milliseconds: wait * 1_000, until: isSettled })
    run = (await findRun(db, caller.path, run.id)) ?? run
  }
  void reply.header('location', `/v1/operations/${run.id}`)
  const completedInTime = wait !== undefined && run.status === 'completed'
  void reply.code(completedInTime ? 200 : 202).send(presentOperation(run))
}
