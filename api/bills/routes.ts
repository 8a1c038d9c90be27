import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { type Bill, findBill, listBills } from '../../domain/billing/read-bills.ts'
import { handOverBill, writeOffBill } from '../../domain/billing/resolve-bill.ts'
import { callerOf } from '../access/api-key.ts'
import { requirePlatform } from '../access/authorization.ts'
import {
  billInScope,
  billOf,
  organizationInScope,
  organizationOf,
  organizationParams,
} from '../access/path-resource.ts'
import { listPage } from '../http/cursor.ts'
import { problem } from '../http/problem.ts'
import type { App, RouteDependencies } from '../route-dependencies.ts'
import { bill, billList, billQuery, type BillView, resolutionBody } from './schemas.ts'

export function billRoutes(app: App, { db }: RouteDependencies): void {
  const tags = ['Billing']
  const params = z.object({ billId: z.string() })

  app.get(
    '/organizations/:organizationId/bills',
    {
      onRequest: organizationInScope(db),
      schema: {
        operationId: 'listBills',
        summary: 'List the bills of an organization, newest first',
        tags,
        params: organizationParams,
        querystring: billQuery,
        response: { 200: billList },
      },
    },
    async (request) =>
      listPage(request.query, 'bil', presentBill, (page, filter) =>
        listBills(db, { organizationId: organizationOf(request).id, ...filter }, page),
      ),
  )

  app.get(
    '/bills/:billId',
    {
      onRequest: billInScope(db),
      schema: { operationId: 'getBill', summary: 'Read a bill', tags, params, response: { 200: bill } },
    },
    async (request) => presentBill(billOf(request)),
  )

  const resolve =
    (resolveBill: typeof writeOffBill) =>
    async (request: FastifyRequest<{ Body: z.output<typeof resolutionBody> }>): Promise<BillView> => {
      const caller = callerOf(request)
      requirePlatform(caller)
      const found = billOf(request)
      const refusal = await resolveBill(db, { bill: found, actor: caller.apiKeyId, ...request.body })
      if (refusal !== undefined) throw problem(refusal)
      return presentBill((await findBill(db, caller.path, found.id)) ?? found)
    }

  app.post(
    '/bills/:billId/write-off',
    {
      onRequest: billInScope(db),
      schema: {
        operationId: 'writeOffBill',
        summary: 'Write off an open bill',
        description:
          'Its devices are not billed for the month. Then retry the operation that is stuck at the bill: it goes on without the bill.',
        tags,
        params,
        body: resolutionBody,
        response: { 200: bill },
      },
    },
    resolve(writeOffBill),
  )

  app.post(
    '/bills/:billId/hand-over',
    {
      onRequest: billInScope(db),
      schema: {
        operationId: 'handOverBill',
        summary: 'Hand an open bill over to the present subscription of the account',
        description:
          'A new bill gets its devices. The next billing of the month, or the end of the subscription, reports the new bill. Then ' +
          'retry the operation that is stuck at the old bill: it goes on without the bill.',
        tags,
        params,
        body: resolutionBody,
        response: { 200: bill },
      },
    },
    resolve(handOverBill),
  )
}

function presentBill(found: Bill): BillView {
  return {
    ...found,
    openedAt: found.openedAt.toISOString(),
    closedAt: found.closedAt?.toISOString() ?? null,
  }
}
