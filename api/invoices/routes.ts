import { z } from 'zod'
import { idempotencyKey } from '../http/idempotency-key.ts'
import { type Invoice, listInvoices } from '../../domain/billing/invoices.ts'
import { callerOf } from '../access/api-key.ts'
import { creditInvoice } from './credit-invoice.ts'
import { listPage } from '../http/cursor.ts'
import type { App, RouteDependencies } from '../route-dependencies.ts'
import {
  invoiceInScope,
  invoiceOf,
  organizationInScope,
  organizationOf,
  organizationParams,
} from '../access/path-resource.ts'
import { creditBody, invoice, invoiceList, type InvoiceView } from './schemas.ts'
import { pageQuery } from '../http/list-schema.ts'

const creditHeaders = z.looseObject({
  'idempotency-key': idempotencyKey,
})

export function invoiceRoutes(app: App, dependencies: RouteDependencies): void {
  const { db } = dependencies
  const tags = ['Billing']
  const params = z.object({ invoiceId: z.string() })

  app.get(
    '/organizations/:organizationId/invoices',
    {
      onRequest: organizationInScope(db),
      schema: {
        operationId: 'listInvoices',
        summary: 'List the invoices and credit notes of an organization, newest first',
        tags,
        params: organizationParams,
        querystring: z.strictObject(pageQuery),
        response: { 200: invoiceList },
      },
    },
    async (request) =>
      listPage(request.query, 'inv', presentInvoice, (page) =>
        listInvoices(db, organizationOf(request).id, page),
      ),
  )

  app.get(
    '/invoices/:invoiceId',
    {
      onRequest: invoiceInScope(db),
      schema: {
        operationId: 'getInvoice',
        summary: 'Read an invoice or a credit note',
        tags,
        params,
        response: { 200: invoice },
      },
    },
    async (request) => presentInvoice(invoiceOf(request)),
  )

  app.post(
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
        headers: creditHeaders,
        body: creditBody,
        response: { 201: invoice },
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
