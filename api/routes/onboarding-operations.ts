import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { callerOf } from '../access.ts'
import type { RouteDependencies } from '../dependencies.ts'
import { onboardingInScope, onboardingOf } from '../onboarding-access.ts'
import { cancelOnboarding, retryOnboarding, skipStep } from '../operate-onboarding.ts'
import { noQuery } from '../schemas/list.ts'
import { cancelBody, onboarding, retryBody, skipBody } from '../schemas/onboarding.ts'
import { problemResponses } from '../schemas/problem.ts'

export function onboardingOperationRoutes(app: FastifyInstance, dependencies: RouteDependencies): void {
  const { db, presentOnboarding } = dependencies
  const typed = app.withTypeProvider<ZodTypeProvider>()
  const common = {
    tags: ['Onboardings'],
    params: z.object({ onboardingId: z.string() }),
    querystring: noQuery,
    response: { 202: onboarding, ...problemResponses },
  }

  typed.post(
    '/onboardings/:onboardingId/retry',
    {
      onRequest: onboardingInScope(db),
      schema: {
        ...common,
        operationId: 'retryOnboarding',
        summary: 'Retry what is stuck, with a correction if one is given',
        body: retryBody,
      },
    },
    async (request, reply) => {
      const target = { caller: callerOf(request), onboarding: onboardingOf(request) }
      const retried = await retryOnboarding(dependencies, target, request.body)
      return reply.code(202).send(presentOnboarding(retried))
    },
  )

  typed.post(
    '/onboardings/:onboardingId/skip',
    {
      onRequest: onboardingInScope(db),
      schema: {
        ...common,
        operationId: 'skipStep',
        summary: 'Go on without a step that is optional',
        body: skipBody,
      },
    },
    async (request, reply) => {
      const target = { caller: callerOf(request), onboarding: onboardingOf(request) }
      const skipped = await skipStep(dependencies, target, request.body)
      return reply.code(202).send(presentOnboarding(skipped))
    },
  )

  typed.post(
    '/onboardings/:onboardingId/cancel',
    {
      onRequest: onboardingInScope(db),
      schema: {
        ...common,
        operationId: 'cancelOnboarding',
        summary: 'Cancel an onboarding and undo what was done',
        body: cancelBody,
      },
    },
    async (request, reply) => {
      const target = { caller: callerOf(request), onboarding: onboardingOf(request) }
      const cancelled = await cancelOnboarding(dependencies, target, request.body)
      return reply.code(202).send(presentOnboarding(cancelled))
    },
  )
}
