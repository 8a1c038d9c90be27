import { z } from 'zod'
import { findOnboarding } from '../../domain/runs/read-runs.ts'
import { acceptAccount } from './accept-account.ts'
import { callerOf } from '../access/api-key.ts'
import type { App, RouteDependencies } from '../route-dependencies.ts'
import { organizationInScope, organizationOf } from '../access/path-resource.ts'
import { dryRunAccount } from './dry-run.ts'
import { addAccountBody } from './schemas.ts'
import { changeHeaders, changeQuery } from '../account-changes/schemas.ts'
import { onboarding as onboardingSchema } from '../runs/onboarding-schemas.ts'
import { accountDryRun } from './dry-run-schema.ts'
import { validateAllButBody } from '../http/validation.ts'
import { waitAsPreferred } from '../runs/wait-for-run.ts'

export function accountRoutes(app: App, dependencies: RouteDependencies): void {
  const { db, presentOnboarding } = dependencies

  app.post(
    '/organizations/:parentId/accounts',
    {
      onRequest: organizationInScope(db, { parameter: 'parentId' }),
      // The handler validates the body, so that one response names the problems of the schema and of the domain.
      validatorCompiler: validateAllButBody,
      schema: {
        operationId: 'addAccount',
        summary: 'Add an account',
        description:
          'Stores the request, answers 202 with the onboarding, and carries it out by a workflow. With `Prefer: wait=10`, ' +
          'answers 201 if the onboarding completes in time. With `dryRun`, answers 200 with what the request would do.',
        tags: ['Accounts'],
        params: z.object({
          parentId: z.string().describe('The parent of the account. `root` names the platform.'),
        }),
        querystring: changeQuery,
        headers: changeHeaders,
        body: addAccountBody,
        response: { 200: accountDryRun, 201: onboardingSchema, 202: onboardingSchema },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request)
      const parent = organizationOf(request)
      const body: unknown = request.body
      if (request.query.dryRun) return reply.code(200).send(await dryRunAccount(dependencies, parent, body))

      const idempotencyKey = request.headers['idempotency-key']
      let { onboarding, isNew } = await acceptAccount(dependencies, { caller, parent, body, idempotencyKey })
      const known = isNew ? onboarding : undefined
      const waited = await waitAsPreferred(dependencies, { request, reply }, onboarding.id, known)
      if (waited) onboarding = (await findOnboarding(db, caller.path, onboarding.id)) ?? onboarding
      void reply.header('location', `/v1/onboardings/${onboarding.id}`)
      const completedInTime = waited && onboarding.status === 'completed'
      return reply.code(completedInTime ? 201 : 202).send(presentOnboarding(onboarding))
    },
  )
}
