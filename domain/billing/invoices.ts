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

/** An issued document contradicts the documents on record. */
export class InvoiceMismatch extends Error {
  override readonly name = 'InvoiceMismatch'
}

/**
 * Stores an invoice or credit note. When its `externalId` is already on record, the stored document is returned unchanged.
 * @throws InvoiceMismatch when the invoice that it corrects is not on record, or the document belongs to another account.
 */
export async function insertInvoice(
  transaction: Transaction<Database>,
  issued: { organizationId: string; billingAdapter: string; invoice: NewInvoice },
): Promise<Invoice> {
  const { organizationId, billingAdapter, invoice } = issued
  const findStored = (externalId: string) =>
    invoicesIn(transaction)
      .where('invoice.billing_adapter', '=', billingAdapter)
      .where('invoice.external_id', '=', externalId)
      .where('invoice.organization_id', '=', organizationId)
      .executeTakeFirst()
  const corrects = invoice.corrects === undefined ? undefined : await findStored(invoice.corrects)
  if (invoice.corrects !== undefined && corrects === undefined)
    throw new InvoiceMismatch('A credit note corrects an invoice that is not on record')
  // Sends the webhook event invoice.issued or credit_note.issued: see database/schema/webhook-events.sql.
  await transaction
    .insertInto('invoices')
    .values({
      id: newId('inv'),
      organization_id: organizationId,
      billing_adapter: billingAdapter,
      external_id: invoice.externalId,
      kind: invoice.kind,
      number: invoice.number,
      corrects: corrects?.id ?? null,
      month: invoice.month ?? null,
      currency: invoice.currency,
      lines: JSON.stringify(invoice.lines),
      total: invoice.total,
      issued_at: invoice.issuedAt,
    })
    .onConflict((conflict) => conflict.columns(['billing_adapter', 'external_id']).doNothing())
    .execute()
  const row = await findStored(invoice.externalId)
  if (row === undefined) throw new InvoiceMismatch('The invoice belongs to another account')
  return row
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
