import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { authenticate, callerOf } from '../access/api-key.ts'
import type { App, RouteDependencies } from '../route-dependencies.ts'
import { cancelRun, retryRun, skipStep } from './decide-run.ts'
import { requireMayDecide } from '../access/authorization.ts'
import { runInScope, runOf } from '../access/path-resource.ts'
import type { RunResource } from '../runs/run-resources.ts'
import { cancelBody, retryBody, skipBody } from './schemas.ts'
import { runView } from '../runs/operation-schemas.ts'

export function runDecisionRoutes(app: App, dependencies: RouteDependencies, resource: RunResource): void {
  const { db, presentRun } = dependencies
  const { name, path, tag } = resource
  const noun = name.toLowerCase()
  const onRequest = runInScope(db, resource)
  const common = {
    tags: [tag],
    params: z.object({ [resource.parameter]: z.string() }),
    response: { 202: runView(resource) },
  }

  app.post(
    `${path}/retry`,
    {
      onRequest,
      schema: {
        ...common,
        operationId: `retry${name}`,
        summary: 'Retry stuck steps, with a correction if needed',
        description: 'A retry of one step may correct its input. Done steps never run again.',
        body: retryBody,
      },
    },
    async (request, reply) => {
      const target = await targetOf(db, request, 'retry')
      return reply.code(202).send(presentRun(await retryRun(dependencies, target, request.body)))
    },
  )

  app.post(
    `${path}/skip`,
    {
      onRequest,
      schema: {
        ...common,
        operationId: name === 'Onboarding' ? 'skipStep' : 'skipOperationStep',
        summary: 'Skip a stuck step that is optional',
        description:
          'The run continues without the step. While the run is cancelling, a skip keeps the effect of a step whose undo is stuck.',
        body: skipBody,
      },
    },
    async (request, reply) => {
      const target = await targetOf(db, request, 'end')
      return reply.code(202).send(presentRun(await skipStep(dependencies, target, request.body)))
    },
  )

  app.post(
    `${path}/cancel`,
    {
      onRequest,
      schema: {
        ...common,
        operationId: `cancel${name}`,
        summary: `Cancel an ${noun} and undo its done steps`,
        description:
          'Steps are undone in reverse order, each by its undo policy. `notUndone` names what remains.',
        body: cancelBody,
      },
    },
    async (request, reply) => {
      const target = await targetOf(db, request, 'end')
      return reply.code(202).send(presentRun(await cancelRun(dependencies, target, request.body)))
    },
  )
}

async function targetOf(db: DatabaseConnection, request: FastifyRequest, decision: 'retry' | 'end') {
  const target = {
    caller: callerOf(request),
    run: runOf(request),
    authenticate: () => authenticate(db, request),
  }
  await requireMayDecide(db, target.caller, { run: target.run, decision })
  return target
}
