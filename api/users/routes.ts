import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { checkEmail } from '../../domain/organizations/account-checks.ts'
import { isIdOf } from '../../domain/ids.ts'
import { listUsers, type OrganizationUser } from '../../domain/users/read-users.ts'
import { answerChange } from '../account-changes/answer-change.ts'
import { readPage, toList } from '../http/cursor.ts'
import { refuseInactive } from './message-change.ts'
import type { RouteDependencies } from '../route-dependencies.ts'
import { presentInvitation } from '../runs/presenter.ts'
import { invalidRequest } from '../http/problem.ts'
import { changeHeaders, changeQuery, operationDryRun } from '../account-changes/schemas.ts'
import { noQuery } from '../http/list-schema.ts'
import { operation } from '../runs/operation-schemas.ts'
import { problemResponses } from '../http/problem-schema.ts'
import { addUserBody, user, userList, userQuery, type UserView } from './schemas.ts'
import { organizationParams } from '../access/path-parameters.ts'
import { organizationInScope, organizationOf, userInScope, userOf } from '../access/path-resource.ts'

const tags = ['Users']

export function userRoutes(app: FastifyInstance, dependencies: RouteDependencies): void {
  const { db } = dependencies
  const typed = app.withTypeProvider<ZodTypeProvider>()

  typed.get(
    '/organizations/:organizationId/users',
    {
      onRequest: organizationInScope(db),
      schema: {
        operationId: 'listUsers',
        summary: 'List the users of an organization',
        tags,
        params: organizationParams,
        querystring: userQuery,
        response: { 200: userList, ...problemResponses },
      },
    },
    async (request) => {
      const { limit, cursor, ...filter } = request.query
      const page = readPage({ limit, cursor }, isIdOf('usr'))
      const found = await listUsers(db, organizationOf(request).id, { ...filter, ...page })
      return toList(found, limit, presentUser)
    },
  )

  typed.get(
    '/users/:userId',
    {
      onRequest: userInScope(db),
      schema: {
        operationId: 'getUser',
        summary: 'Read a user',
        tags,
        params: z.object({ userId: z.string() }),
        querystring: noQuery,
        response: { 200: user, ...problemResponses },
      },
    },
    async (request) => presentUser(userOf(request)),
  )

  typed.post(
    '/organizations/:organizationId/users',
    {
      onRequest: organizationInScope(db),
      schema: {
        operationId: 'addUser',
        summary: 'Add a user to an organization',
        description:
          'Stores the request, answers 202 with an operation, and carries it out by a workflow. A cancel removes the user again.',
        tags,
        params: organizationParams,
        querystring: changeQuery,
        headers: changeHeaders,
        body: addUserBody,
        response: { 200: operationDryRun, 201: operation, 202: operation, ...problemResponses },
      },
    },
    async (request, reply) => {
      const account = organizationOf(request)
      const { body } = request
      return answerChange(dependencies, request, reply, {
        name: 'users',
        account,
        query: request.query,
        completed: 201,
        async toOperation() {
          refuseInactive(account)
          const problems = await checkEmail(db, body.email)
          if (problems.length > 0)
            throw invalidRequest(problems.map((problem) => ({ ...problem, pointer: '/email' })))
          return { kind: 'add-user', request: { organizationId: account.id, user: body } }
        },
      })
    },
  )
}

function presentUser(found: OrganizationUser): UserView {
  return {
    ...found,
    invitation: presentInvitation(found.invitation),
    createdAt: found.createdAt.toISOString(),
  }
}
