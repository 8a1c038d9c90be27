import { z } from 'zod'
import { readStatement } from '../../domain/billing/statements.ts'
import { readPage, toList } from '../http/cursor.ts'
import type { App, RouteDependencies } from '../route-dependencies.ts'
import { organizationInScope, organizationOf, organizationParams } from '../access/path-resource.ts'
import { month } from '../invoices/schemas.ts'
import { pageQuery } from '../http/list-schema.ts'
import { statement } from './schemas.ts'

export function statementRoutes(app: App, { db }: RouteDependencies): void {
  app.get(
    '/organizations/:organizationId/statements/:month',
    {
      onRequest: organizationInScope(db),
      schema: {
        operationId: 'getStatement',
        summary: 'Read the statement of an organization and all below it for a month',
        tags: ['Billing'],
        params: organizationParams.extend({ month }),
        querystring: z.strictObject(pageQuery),
        response: { 200: statement },
      },
    },
    async (request) => {
      const { id: organizationId, path: subtree } = organizationOf(request)
      const page = readPage(request.query, 'org')
      const { month: statementMonth } = request.params
      const { totals, accounts } = await readStatement(db, { subtree, month: statementMonth }, page)
      const list = toList(accounts, request.query.limit, (account) => account)
      return { organizationId, month: statementMonth, totals, ...list }
    },
  )
}
