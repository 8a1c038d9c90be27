import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { callerOf } from '../access/api-key.ts'
import { userInScope } from '../access/path-resource.ts'
import { answerChange, type Change } from '../account-changes/answer-change.ts'
import { changeHeaders, changeQuery, operationDryRun } from '../account-changes/schemas.ts'
import type { App, RouteDependencies } from '../route-dependencies.ts'
import { operation } from '../runs/operation-schemas.ts'
import { type Member, memberOf } from './member.ts'
import { moveUserBody, userChangesBody } from './schemas.ts'
import { toMoveOperation, toRemoveOperation, toUpdateOperation } from './user-change.ts'

/** The routes that change, move and remove a user. Each starts an operation; a user has one at a time. */
export function userChangeRoutes(app: App, dependencies: RouteDependencies): void {
  const { db } = dependencies
  const common = {
    tags: ['Users'],
    params: z.object({ userId: z.string() }),
    querystring: changeQuery,
    headers: changeHeaders,
    response: { 200: z.union([operation, operationDryRun]), 202: operation },
  }
  const onRequest = userInScope(db)
  const answer = async (
    request: FastifyRequest,
    reply: FastifyReply,
    change: {
      name: 'update-user' | 'move-user' | 'remove-user'
      query: Change['query']
      toOperation(member: Member): ReturnType<Change['toOperation']>
    },
  ): Promise<FastifyReply> => {
    const member = await memberOf(db, request)
    const { user, organization } = member
    return answerChange(dependencies, request, reply, {
      name: `${change.name} ${user.id}`,
      account: organization,
      userId: user.id,
      query: change.query,
      completed: 200,
      toOperation: () => change.toOperation(member),
    })
  }

  app.patch(
    '/users/:userId',
    {
      onRequest,
      schema: {
        ...common,
        operationId: 'changeUser',
        summary: 'Change the name or the email of a user',
        description:
          'A missing field keeps its value. Links that were sent to another email stop working; no message is sent. A user who has ' +
          'accepted the invitation keeps the email. An email brings a deactivated user back.',
        body: userChangesBody,
      },
    },
    async (request, reply) =>
      answer(request, reply, {
        name: 'update-user',
        query: request.query,
        toOperation: (member) => toUpdateOperation(db, member, request.body),
      }),
  )

  app.post(
    '/users/:userId/move',
    {
      onRequest,
      schema: {
        ...common,
        operationId: 'moveUser',
        summary: 'Move a user to another organization',
        description:
          'The other organization is active and in the subtree of the API key. The user is signed out.',
        body: moveUserBody,
      },
    },
    async (request, reply) =>
      answer(request, reply, {
        name: 'move-user',
        query: request.query,
        toOperation: (member) => toMoveOperation(db, callerOf(request), member, request.body.organizationId),
      }),
  )

  app.delete(
    '/users/:userId',
    {
      onRequest,
      schema: {
        ...common,
        operationId: 'removeUser',
        summary: 'Remove a user',
        description:
          'Deactivates the user and signs the user out. Links stop working, and the email is free for others. The user stays ' +
          'readable, because the activity names it.',
      },
    },
    async (request, reply) =>
      answer(request, reply, {
        name: 'remove-user',
        query: request.query,
        toOperation: toRemoveOperation,
      }),
  )
}
