import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { findInvoice, type Invoice } from '../../domain/billing/invoices.ts'
import { callerOf } from './api-key.ts'
import { notFound } from '../http/problem.ts'

const invoices = new WeakMap<FastifyRequest, Invoice>()

/** For routes with `:invoiceId`: answers 404 before anything else is looked at, unless the caller may see it. */
export function invoiceInScope(db: DatabaseConnection): onRequestAsyncHookHandler {
  return async (request) => {
    const { invoiceId } = request.params as { invoiceId: string }
    const invoice = await findInvoice(db, callerOf(request).path, invoiceId)
    if (invoice === undefined) throw notFound()
    invoices.set(request, invoice)
  }
}

/** The invoice that the address names. Only in routes behind `invoiceInScope`. */
export function invoiceOf(request: FastifyRequest): Invoice {
  const invoice = invoices.get(request)
  if (invoice === undefined) throw new Error('This route asks for an invoice without looking it up')
  return invoice
}
