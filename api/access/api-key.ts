import type { FastifyInstance, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import { type Caller, findCaller } from '../../domain/access/api-keys.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { findOrganization, type Organization } from '../../domain/organizations/read-organizations.ts'
import { notFound, Problem } from '../http/problem.ts'

const callers = new WeakMap<FastifyRequest, Caller>()
const organizations = new WeakMap<FastifyRequest, Organization>()

/** Lets only requests with a valid API key into the routes registered on `app`. */
export function requireApiKey(app: FastifyInstance, db: DatabaseConnection): void {
  app.addHook('onRequest', async (request) => {
    const key = bearerToken(request.headers.authorization)
    const caller = key === undefined ? undefined : await findCaller(db, key)
    if (caller === undefined) {
      throw new Problem('unauthenticated', 'The request carries no valid API key.', {
        headers: { 'www-authenticate': 'Bearer' },
      })
    }
    if (caller.organizationStatus !== 'active') {
      throw new Problem(
        'caller_not_active',
        `The organization of this API key is ${caller.organizationStatus}.`,
      )
    }
    callers.set(request, caller)
  })
}

/** Who sent the request. Only in routes behind `requireApiKey`. */
export function callerOf(request: FastifyRequest): Caller {
  const caller = callers.get(request)
  if (caller === undefined) throw new Error('This route asks for a caller without requiring an API key')
  return caller
}

/**
 * For routes with an organization in their address: answers 404 before anything else is looked at, unless the caller may
 * see it. @param parameter the name that the address gives it.
 */
export function organizationInScope(
  db: DatabaseConnection,
  parameter: 'organizationId' | 'parentId' = 'organizationId',
): onRequestAsyncHookHandler {
  return async (request) => {
    const params = request.params as Record<string, string>
    const organization = await findOrganization(db, callerOf(request).path, params[parameter] ?? '')
    if (organization === undefined) throw notFound()
    organizations.set(request, organization)
  }
}

/** The organization that the address names. Only in routes behind `organizationInScope`. */
export function organizationOf(request: FastifyRequest): Organization {
  const organization = organizations.get(request)
  if (organization === undefined) throw new Error('This route asks for an organization without looking it up')
  return organization
}

function bearerToken(header: string | undefined): string | undefined {
  return header === undefined ? undefined : /^Bearer +([\x21-\x7e]{1,512})$/i.exec(header)?.[1]
}
