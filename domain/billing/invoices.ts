import { sql, type Transaction } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Database } from '../database/tables.ts'
import type { StoredInvoiceLine } from '../database/tables/billing-tables.ts'
import { isId, newId } from '../ids.ts'
import type { SubscriptionAtProvider } from '../runs/run-requests.ts'
import type { Page } from '../database/list-page.ts'
import { type Subtree, subtreeEnd } from '../access/subtree.ts'

/** An invoice or credit note to be stored as its provider issued it. Amounts are integer minor units. */
export interface NewInvoice {
  externalId: string
  kind: 'invoice' | 'credit_note'
  number: string
  /** For a credit note: the `externalId` of the invoice that it corrects. */
  corrects?: string
  /** `YYYY-MM`; absent when the provider bills other periods than months. */
  month?: string
  /** ISO 4217. */
  currency: string
  lines: StoredInvoiceLine[]
  total: number
  issuedAt: Date
}

export interface Invoice {
  id: string
  organizationId: string
  billingAdapter: string
  externalId: string
  kind: 'invoice' | 'credit_note'
  number: string
  /** Our id of the invoice that a credit note corrects. */
  corrects: string | null
  month: string | null
  currency: string
  lines: StoredInvoiceLine[]
  total: number
  /** The sum of its credit notes, as a positive amount. */
  credited: number
  issuedAt: Date
}

/** The document of a provider, of whatever account; undefined when it is not on record. */
export async function findDocument(
  db: DatabaseConnection,
  billingAdapter: string,
  externalId: string,
): Promise<Invoice | undefined> {
  return invoicesIn(db)
    .where('invoice.billing_adapter', '=', billingAdapter)
    .where('invoice.external_id', '=', externalId)
    .executeTakeFirst()
}

interface DocumentToStore {
  organizationId: string
  billingAdapter: string
  document: NewInvoice
  /** The invoice that a credit note corrects. A credit note that names no month has the month of its invoice. */
  corrected: Invoice | undefined
}

/** Stores a document. Only `takeDocument` calls it, after the check. */
export async function insertInvoice(
  transaction: Transaction<Database>,
  { organizationId, billingAdapter, document, corrected }: DocumentToStore,
): Promise<void> {
  // Sends the webhook event invoice.issued or credit_note.issued: see database/schema/webhook-events.sql.
  await transaction
    .insertInto('invoices')
    .values({
      id: newId('inv'),
      organization_id: organizationId,
      billing_adapter: billingAdapter,
      external_id: document.externalId,
      kind: document.kind,
      number: document.number,
      corrects: corrected?.id ?? null,
      month: document.month ?? corrected?.month ?? null,
      currency: document.currency,
      lines: JSON.stringify(document.lines),
      total: document.total,
      issued_at: document.issuedAt,
    })
    .execute()
}

export async function listInvoices(
  db: DatabaseConnection,
  organizationId: string,
  page: Page,
): Promise<Invoice[]> {
  const query = invoicesIn(db)
    .where('invoice.organization_id', '=', organizationId)
    .orderBy('invoice.issued_at', 'desc')
    .orderBy('invoice.id', 'desc')
    .limit(page.limit)
  if (page.after === undefined) return query.execute()
  const last = sql`(select issued_at, id from invoices where id = ${page.after})`
  return query.where(sql<boolean>`(invoice.issued_at, invoice.id) < ${last}`).execute()
}

/** @returns the invoice; undefined when it does not exist or its account is outside of the subtree. */
export async function findInvoice(
  db: DatabaseConnection,
  subtree: Subtree,
  id: string,
): Promise<Invoice | undefined> {
  if (!isId(id, 'inv')) return undefined
  return invoicesIn(db)
    .innerJoin('organizations', 'organizations.id', 'invoice.organization_id')
    .where('invoice.id', '=', id)
    .where('organizations.path', '>=', subtree)
    .where('organizations.path', '<', subtreeEnd(subtree))
    .executeTakeFirst()
}

/** The subscription of an invoice: the last one that the account had at the provider when the invoice was issued. */
export async function findInvoicedSubscription(
  db: DatabaseConnection,
  { organizationId, billingAdapter, issuedAt }: Invoice,
): Promise<SubscriptionAtProvider | undefined> {
  return db
    .selectFrom('plan_periods')
    .select([
      'billing_adapter as billingAdapter',
      'external_customer_id as customerExternalId',
      'external_subscription_id as subscriptionExternalId',
    ])
    .where('organization_id', '=', organizationId)
    .where('billing_adapter', '=', billingAdapter)
    .where('starts_at', '<=', issuedAt)
    .orderBy('starts_at', 'desc')
    .executeTakeFirst()
}

const credited = sql<number>`
  (select coalesce(-sum(note.total), 0) from invoices as note where note.corrects = invoice.id)::float8`

function invoicesIn(db: DatabaseConnection) {
  return db
    .selectFrom('invoices as invoice')
    .select(['invoice.id', 'invoice.organization_id as organizationId'])
    .select(['invoice.billing_adapter as billingAdapter', 'invoice.external_id as externalId'])
    .select(['invoice.kind', 'invoice.number', 'invoice.corrects', 'invoice.month', 'invoice.currency'])
    .select(['invoice.lines', sql<number>`invoice.total::float8`.as('total'), credited.as('credited')])
    .select('invoice.issued_at as issuedAt')
}
