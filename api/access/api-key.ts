import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Caller, findCaller } from '../../domain/access/api-keys.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { callerNotActive, unauthenticated } from '../http/errors.ts'
import { problem } from '../http/problem.ts'

const decorator = 'caller'

/** Requires a valid API key of an active organization, for all routes of `app`. Refuses other requests with a problem. */
export function requireApiKey(app: FastifyInstance, db: DatabaseConnection): void {
  app.decorateRequest(decorator)
  app.addHook('onRequest', async (request) => {
    request.setDecorator(decorator, await authenticate(db, request))
  })
}

/**
 * Finds the caller of a request. A request that stays open calls it again before it sends anything.
 * @throws Problem when the key is not valid, or its organization is not active.
 */
export async function authenticate(db: DatabaseConnection, request: FastifyRequest): Promise<Caller> {
  const key = bearerToken(request.headers.authorization)
  const caller = key === undefined ? undefined : await findCaller(db, key)
  if (caller === undefined) throw problem(unauthenticated, { headers: { 'www-authenticate': 'Bearer' } })
  if (caller.organizationStatus !== 'active')
    throw problem(callerNotActive, { parameters: { status: caller.organizationStatus } })
  return caller
}

/** The caller of the request: its API key and organization. @throws Error in a route without `requireApiKey`. */
export function callerOf(request: FastifyRequest): Caller {
  const caller = request.getDecorator<Caller | undefined>(decorator)
  if (caller === undefined) throw new Error('This route asks for a caller without requiring an API key')
  return caller
}

function bearerToken(header: string | undefined): string | undefined {
  return header === undefined ? undefined : /^Bearer +([\x21-\x7e]{1,512})$/i.exec(header)?.[1]
}
