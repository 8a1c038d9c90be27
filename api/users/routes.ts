import { z } from 'zod'
import { authenticate, callerOf } from '../access/api-key.ts'
import { skipSuperseded } from '../decisions/skip-superseded.ts'
import { checkEmail } from '../../domain/organizations/account-checks.ts'
import { listUsers, type OrganizationUser } from '../../domain/users/read-users.ts'
import { answerChange } from '../account-changes/answer-change.ts'
import { listPage } from '../http/cursor.ts'
import { memberOf } from './member.ts'
import { refuseInactive, toMessageOperation } from './message-change.ts'
import type { App, RouteDependencies } from '../route-dependencies.ts'
import { presentInvitation } from '../runs/presenter.ts'
import { invalidRequest } from '../http/problem.ts'
import { changeHeaders, changeQuery, operationDryRun } from '../account-changes/schemas.ts'
import { operation } from '../runs/operation-schemas.ts'
import {
  addUserBody,
  passwordInstructionsBody,
  user as userSchema,
  userList,
  userQuery,
  type UserView,
} from './schemas.ts'
import {
  organizationInScope,
  organizationOf,
  organizationParams,
  userInScope,
  userOf,
} from '../access/path-resource.ts'

const tags = ['Users']

export function userRoutes(app: App, dependencies: RouteDependencies): void {
  const { db } = dependencies

  app.get(
    '/organizations/:organizationId/users',
    {
      onRequest: organizationInScope(db),
      schema: {
        operationId: 'listUsers',
        summary: 'List the users of an organization',
        tags,
        params: organizationParams,
        querystring: userQuery,
        response: { 200: userList },
      },
    },
    async (request) =>
      listPage(request.query, 'usr', presentUser, (page, filter) =>
        listUsers(db, organizationOf(request).id, { ...filter, ...page }),
      ),
  )

  app.get(
    '/users/:userId',
    {
      onRequest: userInScope(db),
      schema: {
        operationId: 'getUser',
        summary: 'Read a user',
        tags,
        params: z.object({ userId: z.string() }),
        response: { 200: userSchema },
      },
    },
    async (request) => presentUser(userOf(request)),
  )

  app.post(
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
        response: { 200: operationDryRun, 201: operation, 202: operation },
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

  app.post(
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
        response: { 200: z.union([operation, operationDryRun]), 202: operation },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request)
      const { user, organization } = await memberOf(db, request)
      return answerChange(dependencies, request, reply, {
        name: `password-instructions ${user.id}`,
        account: organization,
        userId: user.id,
        query: request.query,
        completed: 200,
        toOperation: () => toMessageOperation(db, { user, organization }, request.body.email),
        accepted: (resend) =>
          skipSuperseded(
            dependencies,
            { caller, authenticate: () => authenticate(db, request) },
            { userId: user.id, resend },
          ),
      })
    },
  )
}

function presentUser(found: OrganizationUser): UserView {
  return {
    ...found,
    status: found.email === null ? 'deactivated' : 'active',
    invitation: presentInvitation(found.invitation),
    createdAt: found.createdAt.toISOString(),
  }
}
