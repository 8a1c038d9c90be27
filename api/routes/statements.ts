import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { isIdOf } from '../../domain/ids.ts'
import { readStatement } from '../../domain/statements.ts'
import { organizationInScope, organizationOf } from '../access.ts'
import { readPage, toList } from '../cursor.ts'
import type { RouteDependencies } from '../dependencies.ts'
import { month } from '../schemas/invoice.ts'
import { pageQuery } from '../schemas/list.ts'
import { problemResponses } from '../schemas/problem.ts'
import { statement } from '../schemas/statement.ts'

export function statementRoutes(app: FastifyInstance, { db }: RouteDependencies): void {
  app.withTypeProvider<ZodTypeProvider>().get(
    '/organizations/:organizationId/statements/:month',
    {
      onRequest: organizationInScope(db),
      schema: {
        operationId: 'getStatement',
        summary: 'Read what an organization and all below it used and were invoiced in a month',
        tags: ['Billing'],
        params: z.object({ organizationId: z.string().describe('`root` names the platform.'), month }),
        querystring: z.strictObject(pageQuery),
        response: { 200: statement, ...problemResponses },
      },
    },
    async (request) => {
      const { id: organizationId, path: subtree } = organizationOf(request)
      const page = readPage(request.query, isIdOf('org'))
      const { month: of } = request.params
      const { totals, accounts } = await readStatement(db, { subtree, month: of }, page)
      const list = toList(accounts, request.query.limit, (account) => account)
      return { organizationId, month: of, totals, ...list }
    },
  )
}
