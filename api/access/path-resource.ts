import type { FastifyInstance, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import { z } from 'zod'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { findDevice } from '../../domain/licenses/read-devices.ts'
import { findBill } from '../../domain/billing/read-bills.ts'
import { findInvoice } from '../../domain/billing/invoices.ts'
import { findRun } from '../../domain/runs/read-runs.ts'
import { findUser } from '../../domain/users/read-users.ts'
import { findOrganization } from '../../domain/organizations/read-organizations.ts'
import type { Onboarding } from '../../domain/runs/run-record.ts'
import type { Subtree } from '../../domain/access/subtree.ts'
import { findEndpoint } from '../../domain/webhooks/webhook-endpoints.ts'
import { callerOf } from './api-key.ts'
import { notFound } from '../http/problem.ts'

export const organizationParams = z.object({
  organizationId: z.string().describe('The id of the organization. `root` names the platform.'),
})

const names = ['organization', 'device', 'invoice', 'bill', 'run', 'user', 'endpoint'] as const

/** Adds a decorator for each resource that a path can name. Call it before the routes are registered. */
export function decorateWithResources(app: FastifyInstance): void {
  for (const name of names) app.decorateRequest(name)
}

export const { inScope: organizationInScope, of: organizationOf } = pathResource(
  'organization',
  findOrganization,
)
export const { inScope: deviceInScope, of: deviceOf } = pathResource('device', findDevice)
export const { inScope: invoiceInScope, of: invoiceOf } = pathResource('invoice', findInvoice)
export const { inScope: billInScope, of: billOf } = pathResource('bill', findBill)
export const { inScope: runInScope, of: runOf } = pathResource('run', findRun)
export const { inScope: userInScope, of: userOf } = pathResource('user', findUser)
export const { inScope: endpointInScope, of: endpointOf } = pathResource('endpoint', findEndpoint)

export function onboardingOf(request: FastifyRequest): Onboarding {
  const run = runOf(request)
  if (run.kind !== 'add-account') throw new Error('This route asks for an onboarding and has an operation')
  return run
}

interface InScope<Found> {
  /** The name of the path parameter. Default: the name of the resource with `Id`, such as `deviceId`. */
  parameter?: string
  /** Whether the route serves this resource. Default: it serves all. */
  serves?(found: Found): boolean
}

/** A resource whose id is in the path of a route, such as the device of `/devices/:deviceId`. */
interface PathResource<Found> {
  /**
   * A hook that looks up the resource in the subtree of the caller. It answers 404 when the subtree has no such resource or the
   * route does not serve it, before the rest of the request is validated.
   */
  inScope: (db: DatabaseConnection, options?: InScope<Found>) => onRequestAsyncHookHandler
  /** The resource that `inScope` found. @throws Error in a route without `inScope`. */
  of: (request: FastifyRequest) => Found
}

function pathResource<Found>(
  name: (typeof names)[number],
  find: (db: DatabaseConnection, subtree: Subtree, id: string) => Promise<Found | undefined>,
): PathResource<Found> {
  return {
    inScope:
      (db, { parameter = `${name}Id`, serves = () => true } = {}) =>
      async (request) => {
        const { [parameter]: id = '' } = pathParameters.parse(request.params)
        const found = await find(db, callerOf(request).path, id)
        if (found === undefined || !serves(found)) throw notFound()
        request.setDecorator(name, found)
      },
    of(request) {
      const found = request.getDecorator<Found | undefined>(name)
      if (found === undefined)
        throw new Error(`This route asks for the ${name} of its path without looking it up`)
      return found
    },
  }
}

const pathParameters = z.record(z.string(), z.string())
