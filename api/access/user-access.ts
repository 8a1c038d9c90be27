import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { findUser, type OrganizationUser } from '../../domain/users/read-users.ts'
import { callerOf } from './api-key.ts'
import { notFound } from '../http/problem.ts'

const users = new WeakMap<FastifyRequest, OrganizationUser>()

/** For routes with `:userId`: answers 404 before anything else is looked at, unless the caller may see it. */
export function userInScope(db: DatabaseConnection): onRequestAsyncHookHandler {
  return async (request) => {
    const { userId } = request.params as { userId: string }
    const user = await findUser(db, callerOf(request).path, userId)
    if (user === undefined) throw notFound()
    users.set(request, user)
  }
}

/** The user that the address names. Only in routes behind `userInScope`. */
export function userOf(request: FastifyRequest): OrganizationUser {
  const user = users.get(request)
  if (user === undefined) throw new Error('This route asks for a user without looking it up')
  return user
}
