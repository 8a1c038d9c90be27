import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { findOnboarding } from '../../domain/runs/read-runs.ts'
import { acceptAccount } from './accept-account.ts'
import { callerOf } from '../access/api-key.ts'
import type { RouteDependencies } from '../route-dependencies.ts'
import { organizationInScope, organizationOf } from '../access/path-resource.ts'
import { readWait } from '../http/prefer.ts'
import { dryRunAccount } from './dry-run.ts'
import { addAccountBody } from './schemas.ts'
import { changeHeaders, changeQuery } from '../account-changes/schemas.ts'
import { onboarding as onboardingSchema } from '../runs/onboarding-schemas.ts'
import { problemResponses } from '../http/problem-schema.ts'
import { accountDryRun } from './dry-run-schema.ts'
import { bodyLeftToRoute } from '../http/validation.ts'
import { isClosed, waitUntilClosed } from '../runs/wait-until-closed.ts'

export function accountRoutes(app: FastifyInstance, dependencies: RouteDependencies): void {
  const { db, presentOnboarding } = dependencies

  app.withTypeProvider<ZodTypeProvider>().post(
    '/organizations/:parentId/accounts',
    {
      onRequest: organizationInScope(db, { parameter: 'parentId' }),
      // All problems of a body are told at once, with those that only the domain knows.
      validatorCompiler: bodyLeftToRoute,
      schema: {
        operationId: 'addAccount',
        summary: 'Add an account',
        description: 'Accepts the request durably and answers 202; a workflow then carries it out.',
        tags: ['Accounts'],
        params: z.object({ parentId: z.string().describe('`root` names the platform.') }),
        querystring: changeQuery,
        headers: changeHeaders,
        body: addAccountBody,
        response: { 200: accountDryRun, 201: onboardingSchema, 202: onboardingSchema, ...problemResponses },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request)
      const parent = organizationOf(request)
      const body: unknown = request.body
      if (request.query.dryRun) return reply.code(200).send(await dryRunAccount(dependencies, parent, body))

      const idempotencyKey = request.headers['idempotency-key']
      let { onboarding, isNew } = await acceptAccount(dependencies, { caller, parent, body, idempotencyKey })
      const wait = readWait(request.headers.prefer)
      if (wait !== undefined) {
        void reply.header('preference-applied', `wait=${wait}`)
        await waitUntilClosed(dependencies, onboarding.id, {
          milliseconds: wait * 1_000,
          until: isClosed,
          known: isNew ? onboarding : undefined,
        })
        onboarding = (await findOnboarding(db, caller.path, onboarding.id)) ?? onboarding
      }
      void reply.header('location', `/v1/onboardings/${onboarding.id}`)
      const completedInTime = wait !== undefined && onboarding.status === 'completed'
      return reply.code(completedInTime ? 201 : 202).send(presentOnboarding(onboarding))
    },
  )
}
