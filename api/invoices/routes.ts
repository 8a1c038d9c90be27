import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { idempotencyKey } from '../http/idempotency-key.ts'
import { isIdOf } from '../../domain/ids.ts'
import { type Invoice, listInvoices } from '../../domain/billing/invoices.ts'
import { callerOf } from '../access/api-key.ts'
import { creditInvoice } from './credit-invoice.ts'
import { readPage, toList } from '../http/cursor.ts'
import type { RouteDependencies } from '../route-dependencies.ts'
import { organizationParams } from '../access/path-parameters.ts'
import { invoiceInScope, invoiceOf, organizationInScope, organizationOf } from '../access/path-resource.ts'
import { creditBody, invoice, invoiceList, type InvoiceView } from './schemas.ts'
import { noQuery, pageQuery } from '../http/list-schema.ts'
import { problemResponses } from '../http/problem-schema.ts'

const creditHeaders = z.looseObject({
  'idempotency-key': idempotencyKey,
})

export function invoiceRoutes(app: FastifyInstance, dependencies: RouteDependencies): void {
  const { db } = dependencies
  const typed = app.withTypeProvider<ZodTypeProvider>()
  const tags = ['Billing']
  const params = z.object({ invoiceId: z.string() })

  typed.get(
    '/organizations/:organizationId/invoices',
    {
      onRequest: organizationInScope(db),
      schema: {
        operationId: 'listInvoices',
        summary: 'List the invoices and credit notes of an organization, newest first',
        tags,
        params: organizationParams,
        querystring: z.strictObject(pageQuery),
        response: { 200: invoiceList, ...problemResponses },
      },
    },
    async (request) => {
      const page = readPage(request.query, isIdOf('inv'))
      const found = await listInvoices(db, organizationOf(request).id, page)
      return toList(found, request.query.limit, presentInvoice)
    },
  )

  typed.get(
    '/invoices/:invoiceId',
    {
      onRequest: invoiceInScope(db),
      schema: {
        operationId: 'getInvoice',
        summary: 'Read an invoice or a credit note',
        tags,
        params,
        querystring: noQuery,
        response: { 200: invoice, ...problemResponses },
      },
    },
    async (request) => presentInvoice(invoiceOf(request)),
  )

  typed.post(
    '/invoices/:invoiceId/credit-notes',
    {
      onRequest: invoiceInScope(db),
      schema: {
        operationId: 'creditInvoice',
        summary: 'Issue a credit note for an invoice',
        description:
          'An invoice never changes; a credit note corrects it. The billing adapter of the invoice issues the credit note.',
        tags,
        params,
        querystring: noQuery,
        headers: creditHeaders,
        body: creditBody,
        response: { 201: invoice, ...problemResponses },
      },
    },
    async (request, reply) => {
      const creditNote = await creditInvoice(dependencies, {
        caller: callerOf(request),
        invoice: invoiceOf(request),
        body: request.body,
        idempotencyKey: request.headers['idempotency-key'],
      })
      void reply.header('location', `/v1/invoices/${creditNote.id}`)
      return reply.code(201).send(presentInvoice(creditNote))
    },
  )
}

function presentInvoice(found: Invoice): InvoiceView {
  return { ...found, issuedAt: found.issuedAt.toISOString() }
}
