import type { Transaction } from 'kysely'
import { hashBody } from '../../domain/runs/idempotency.ts'
import type { Caller } from '../../domain/access/api-keys.ts'
import { creditExceedsInvoice } from '../../domain/billing/billing-errors.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { withDeadline } from '../../domain/calls/deadline.ts'
import { fieldProblem } from '../../domain/errors/error-declaration.ts'
import { findInvoicedSubscription, type Invoice } from '../../domain/billing/invoices.ts'
import { takeDocument, type TakenDocument } from '../../domain/billing/take-document.ts'
import type { Database } from '../../domain/database/tables.ts'
import {
  askFirst,
  type BillingAdapter,
  type BillingCall,
  type BillingSubscription,
  type IssuedInvoice,
} from '../../plugins/plugin-contract.ts'
import type { Registry } from '../../plugins/registry.ts'
import { creditNoteKeptAside } from '../../domain/billing/billing-errors.ts'
import { creditNotSupported } from '../http/errors.ts'
import { requirePlatform } from '../access/authorization.ts'
import { invalidRequest, type Problem, problem } from '../http/problem.ts'
import { asProviderProblem } from '../http/provider-problem.ts'
import type { CreditBody } from './schemas.ts'

/** Milliseconds to wait for the billing provider. Proxies wait longer. */
const providerTimeout = 15_000

interface Credit {
  caller: Caller
  invoice: Invoice
  body: CreditBody
  /** The key of the caller. A repeated key with the same body returns the first credit note. */
  idempotencyKey: string
}

/**
 * Lets the billing adapter of an invoice issue a credit note, and stores the credit note. After a lost response, the request can be
 * sent again: the provider gets the same idempotency key.
 * @throws Problem when the caller is a partner, the billing adapter cannot issue credit notes, the amount is more than what is left
 *   of the invoice, or the issued credit note does not fit, which is kept aside then.
 */
export async function creditInvoice(
  { db, registry }: { db: DatabaseConnection; registry: Registry },
  credit: Credit,
): Promise<Invoice> {
  const { caller, invoice, body } = credit
  requirePlatform(caller)
  const adapter = registry.billingAdapters.get(invoice.billingAdapter)
  const subscription = await subscriptionOf(db, invoice)
  const isSupported = adapter?.creditInvoice !== undefined && invoice.kind === 'invoice'
  if (!isSupported || subscription === undefined) throw notSupported(invoice)
  const order: Order = { adapter, invoice, subscription, body, idempotencyKey: keyAtProvider(credit) }
  try {
    const taken = await issueAndTake(db, order)
    if (taken.outcome === 'taken') return taken.invoice
    throw problem(creditNoteKeptAside, { parameters: { reason: taken.reason } })
  } catch (error) {
    throw asProviderProblem(error)
  }
}

interface Order {
  adapter: BillingAdapter
  invoice: Invoice
  subscription: BillingSubscription
  body: CreditBody
  idempotencyKey: string
}

/** The document of an external provider is taken after the call, because no transaction is open during a call. */
async function issueAndTake(db: DatabaseConnection, order: Order): Promise<TakenDocument> {
  if (order.adapter.capabilities.transactional)
    return db.transaction().execute(async (transaction) => {
      const signal = AbortSignal.timeout(providerTimeout)
      return take(transaction, order, await issue(order, { transaction, signal }))
    })
  const creditNote = await withDeadline({ milliseconds: providerTimeout }, (signal) =>
    issue(order, { signal }),
  )
  return db.transaction().execute((transaction) => take(transaction, order, creditNote))
}

function take(
  transaction: Transaction<Database>,
  { invoice, body: { amount } }: Order,
  document: IssuedInvoice,
): Promise<TakenDocument> {
  const { billingAdapter, organizationId, externalId: invoiceExternalId } = invoice
  const asked = { credit: { invoiceExternalId, amount } }
  return takeDocument(transaction, { billingAdapter, of: { organizationId }, document, asked })
}

async function issue(order: Order, context: Omit<BillingCall, 'idempotencyKey'>): Promise<IssuedInvoice> {
  const { adapter, invoice, subscription, body } = order
  const call = { ...context, idempotencyKey: order.idempotencyKey }
  // A repeated request has reduced what is left of the invoice already.
  const earlier = await adapter.find(call)
  if (earlier === undefined) refuseTooMuch(invoice, body.amount)
  const credit = { subscription, invoice: asIssued(invoice), ...body }
  // The provider may have forgotten the key: a caller can send the request again after days.
  const newKey = earlier === undefined ? call.idempotencyKey : undefined
  const credited = await askFirst(adapter, newKey).creditInvoice?.(call, credit)
  if (credited === undefined) throw notSupported(invoice)
  return credited.creditNote
}

function notSupported({ billingAdapter }: Invoice): Problem {
  return problem(creditNotSupported, { parameters: { adapter: billingAdapter } })
}

function refuseTooMuch(invoice: Invoice, amount: number): void {
  const left = invoice.total - invoice.credited
  if (amount <= left) return
  throw invalidRequest([fieldProblem('/amount', creditExceedsInvoice, { parameters: { left } })])
}

/** Has the invoice, because a caller may use one key for several invoices, and a hash, because providers limit the length. */
function keyAtProvider({ caller, invoice, idempotencyKey }: Credit): string {
  return `${invoice.id}:credit:${hashBody({ apiKeyId: caller.apiKeyId, idempotencyKey })}`
}

async function subscriptionOf(
  db: DatabaseConnection,
  invoice: Invoice,
): Promise<BillingSubscription | undefined> {
  const found = await findInvoicedSubscription(db, invoice)
  if (found === undefined) return undefined
  return {
    organizationId: invoice.organizationId,
    customerExternalId: found.customerExternalId,
    externalId: found.subscriptionExternalId,
  }
}

function asIssued(invoice: Invoice): IssuedInvoice {
  const { externalId, kind, number, currency, lines, total, issuedAt, month } = invoice
  const issued = { externalId, kind, number, currency, lines, total, issuedAt }
  return month === null ? issued : { ...issued, month }
}
