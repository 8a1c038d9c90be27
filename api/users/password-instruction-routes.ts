import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { findOrganization } from '../../domain/organizations/read-organizations.ts'
import { callerOf } from '../access/api-key.ts'
import { answerChange } from '../account-changes/answer-change.ts'
import { toMessageOperation } from './message-change.ts'
import type { RouteDependencies } from '../route-dependencies.ts'
import { notFound } from '../http/problem.ts'
import { changeHeaders, changeQuery, operationDryRun } from '../account-changes/schemas.ts'
import { operation } from '../runs/operation-schemas.ts'
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
        summary: 'Send a user a new link to choose a password',
        description:
          'Sends a new message, to the corrected `email` if given. Links in earlier messages stop working. A user who has ' +
          'accepted the invitation gets a link to reset the password. Other runs that are stuck at a message to this user skip ' +
          'that step.',
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
        toOperation: () => toMessageOperation(db, { user, organization }, request.body.email),
        accepted: (resend) => skipSuperseded(dependencies, caller, { userId: user.id, resend }),
      })
    },
  )
}
