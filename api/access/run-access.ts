import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { findRun } from '../../domain/runs/read-runs.ts'
import type { Onboarding, Run } from '../../domain/runs/run-record.ts'
import { callerOf } from './api-key.ts'
import { notFound } from '../http/problem.ts'
import type { RunResource } from '../runs/run-resources.ts'

const runs = new WeakMap<FastifyRequest, Run>()

/**
 * For routes that name a run: answers 404 before anything else is looked at, unless it is one of this resource and the
 * caller may see it.
 */
export function runInScope(db: DatabaseConnection, resource: RunResource): onRequestAsyncHookHandler {
  return async (request) => {
    const params = request.params as Record<string, string>
    const run = await findRun(db, callerOf(request).path, params[resource.parameter] ?? '')
    if (run === undefined || !resource.holds(run)) throw notFound()
    runs.set(request, run)
  }
}

/** The run that the address names. Only in routes behind `runInScope`. */
export function runOf(request: FastifyRequest): Run {
  const run = runs.get(request)
  if (run === undefined) throw new Error('This route asks for a run without looking it up')
  return run
}

/** As `runOf`, in routes of onboardings. */
export function onboardingOf(request: FastifyRequest): Onboarding {
  const run = runOf(request)
  if (run.kind !== 'add-account') throw new Error('This route asks for an onboarding and has an operation')
  return run
}
