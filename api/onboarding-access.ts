import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import type { DatabaseConnection } from '../domain/database/connection.ts'
import { findOnboarding, type Onboarding } from '../domain/onboardings.ts'
import { callerOf } from './access.ts'
import { notFound } from './problem.ts'

const onboardings = new WeakMap<FastifyRequest, Onboarding>()

/** For routes with `:onboardingId`: answers 404 before anything else is looked at, unless the caller may see it. */
export function onboardingInScope(db: DatabaseConnection): onRequestAsyncHookHandler {
  return async (request) => {
    const { onboardingId } = request.params as { onboardingId: string }
    const onboarding = await findOnboarding(db, callerOf(request).path, onboardingId)
    if (onboarding === undefined) throw notFound()
    onboardings.set(request, onboarding)
  }
}

/** The onboarding that the address names. Only in routes behind `onboardingInScope`. */
export function onboardingOf(request: FastifyRequest): Onboarding {
  const onboarding = onboardings.get(request)
  if (onboarding === undefined) throw new Error('This route asks for an onboarding without looking it up')
  return onboarding
}
