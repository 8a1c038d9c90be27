import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { findOrganization } from '../../domain/organizations/read-organizations.ts'
import { callerOf } from '../access/api-key.ts'
import { answerChange } from '../account-changes/answer-change.ts'
import { decideMessage } from './message-change.ts'
import type { RouteDependencies } from '../route-dependencies.ts'
import { notFound } from '../http/problem.ts'
import { changeHeaders, changeQuery } from '../account-changes/schemas.ts'
import { operation } from '../runs/operation-schemas.ts'
import { operationDryRun } from '../account-changes/plan-schemas.ts'
import { problemResponses } from '../http/problem-schema.ts'
import { passwordInstructionsBody } from './schemas.ts'
import { skipSuperseded } from '../decisions/skip-superseded.ts'
import { userInScope, userOf } from '../access/path-resource.ts'

export function passwordInstructionRoutes(app: FastifyInstance, dependencies: RouteDependencies): void {
  const { db } = dependencies

  app.withTypeProvider<ZodTypeProvider>().post(
    '/users/:userId/password-instructions',
    {
      onRequest: userInScope(db),
      schema: {
        operationId: 'sendPasswordInstructions',
        summary: 'Write to a user again, at a corrected email if one is given',
        description:
          'Sends one message more, however often it was sent before, and links in earlier ones stop working. Whoever has ' +
          'accepted the invitation gets a link to reset the password. A run that is stuck at writing to this user goes on ' +
          'without it.',
        tags: ['Users'],
        params: z.object({ userId: z.string() }),
        querystring: changeQuery,
        headers: changeHeaders,
        body: passwordInstructionsBody,
        response: { 200: z.union([operation, operationDryRun]), 202: operation, ...problemResponses },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request)
      const user = userOf(request)
      const organization = await findOrganization(db, caller.path, user.organizationId)
      if (organization === undefined) throw notFound()
      return answerChange(dependencies, request, reply, {
        name: `password-instructions ${user.id}`,
        account: organization,
        query: request.query,
        completed: 200,
        decide: () => decideMessage(db, { user, organization }, request.body.email),
        accepted: (resend) => skipSuperseded(dependencies, caller, { userId: user.id, resend }),
      })
    },
  )
}
