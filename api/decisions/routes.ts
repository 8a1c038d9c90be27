import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { callerOf } from '../access/api-key.ts'
import type { RouteDependencies } from '../route-dependencies.ts'
import { cancelRun, retryRun, skipStep } from './decide-run.ts'
import { requireMayDecide } from '../access/authorization.ts'
import { runInScope, runOf } from '../access/path-resource.ts'
import type { RunResource } from '../runs/run-resources.ts'
import { noQuery } from '../http/list-schema.ts'
import { cancelBody, retryBody, skipBody } from '../runs/onboarding-schemas.ts'
import { problemResponses } from '../http/problem-schema.ts'
import { runView } from '../runs/operation-schemas.ts'

/** What people decide on a run that is stuck, or that they want to end. */
export function runDecisionRoutes(
  app: FastifyInstance,
  dependencies: RouteDependencies,
  resource: RunResource,
): void {
  const { db, presentRun } = dependencies
  const { name, path, tag } = resource
  const typed = app.withTypeProvider<ZodTypeProvider>()
  const what = name.toLowerCase()
  const onRequest = runInScope(db, resource)
  const common = {
    tags: [tag],
    params: z.object({ [resource.parameter]: z.string() }),
    querystring: noQuery,
    response: { 202: runView(resource), ...problemResponses },
  }

  typed.post(
    `${path}/retry`,
    {
      onRequest,
      schema: {
        ...common,
        operationId: `retry${name}`,
        summary: 'Retry what is stuck, with a correction if one is given',
        body: retryBody,
      },
    },
    async (request, reply) => {
      const target = await targetOf(db, request, 'retry')
      return reply.code(202).send(presentRun(await retryRun(dependencies, target, request.body)))
    },
  )

  typed.post(
    `${path}/skip`,
    {
      onRequest,
      schema: {
        ...common,
        operationId: name === 'Onboarding' ? 'skipStep' : 'skipOperationStep',
        summary: 'Go on without a step that is optional',
        body: skipBody,
      },
    },
    async (request, reply) => {
      const target = await targetOf(db, request, 'end')
      return reply.code(202).send(presentRun(await skipStep(dependencies, target, request.body)))
    },
  )

  typed.post(
    `${path}/cancel`,
    {
      onRequest,
      schema: {
        ...common,
        operationId: `cancel${name}`,
        summary: `Cancel an ${what} and undo what was done`,
        body: cancelBody,
      },
    },
    async (request, reply) => {
      const target = await targetOf(db, request, 'end')
      return reply.code(202).send(presentRun(await cancelRun(dependencies, target, request.body)))
    },
  )
}

/** @throws Problem when the caller may not decide on this run. */
async function targetOf(db: DatabaseConnection, request: FastifyRequest, decision: 'retry' | 'end') {
  const target = { caller: callerOf(request), run: runOf(request) }
  await requireMayDecide(db, target.caller, { run: target.run, decision })
  return target
}
