import { sql, type Transaction } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Database } from '../database/tables.ts'
import { type Asked, findMisfit } from './check-document.ts'
import { findAsked, holdDocument, listTakeable, releaseDocument } from './held-documents.ts'
import { findDocument, insertInvoice, type Invoice, type NewInvoice } from './invoices.ts'
import { monthOf } from './months.ts'
import type { BilledUsage } from './usage.ts'

/** An invoice or credit note, as its provider issued it. */
interface Issued {
  billingAdapter: string
  /** The account, for a document in an answer; or the customer, for a document in a webhook. */
  of: { organizationId: string } | { customerExternalId: string }
  document: NewInvoice
  /** What the provider was asked for, for a document in an answer. */
  asked?: Asked
}

export type TakenDocument =
  | { outcome: 'taken'; invoice: Invoice }
  /** It is kept aside. `waiting`: for its account or its invoice. `unfit`: until the provider delivers it corrected. */
  | { outcome: 'waiting' | 'unfit'; reason: string }

/**
 * Stores an invoice or credit note that fits, and keeps any other aside with the reason. A document that is on record is returned
 * unchanged. The corrected invoice is locked until the transaction ends, so that credits at the same time add up.
 */
export async function takeDocument(
  transaction: Transaction<Database>,
  issued: Issued,
): Promise<TakenDocument> {
  const { billingAdapter, document, of } = issued
  await lockDocument(transaction, billingAdapter, document.externalId)
  const asked = issued.asked ?? (await findAsked(transaction, billingAdapter, document.externalId))
  const organizationId = await findOwner(transaction, issued)
  const customerExternalId = 'customerExternalId' in of ? of.customerExternalId : null
  // A provider may also bill customers that are not ours, so their documents are not checked.
  const taken: TakenDocument =
    organizationId === undefined
      ? { outcome: 'waiting', reason: `No account has the customer ${customerExternalId}.` }
      : await checkAndStore(transaction, { organizationId, billingAdapter, document, asked })
  if (taken.outcome === 'taken') {
    await releaseDocument(transaction, billingAdapter, document.externalId)
    return taken
  }
  await holdDocument(transaction, {
    billingAdapter,
    organizationId: organizationId ?? null,
    customerExternalId,
    document,
    asked,
    state: taken.outcome,
    reason: taken.reason,
  })
  return taken
}

/** Takes the waiting documents of a provider whose account and invoice are now on record. Others do not hold them up. */
export async function takeWaitingDocuments(db: DatabaseConnection, billingAdapter: string): Promise<void> {
  // Each has its own transaction, so that no transaction waits for the locks of several documents.
  for (const { organizationId, document } of await listTakeable(db, billingAdapter))
    await db
      .transaction()
      .execute((transaction) =>
        takeDocument(transaction, { billingAdapter, of: { organizationId }, document }),
      )
}

interface Owned {
  organizationId: string
  billingAdapter: string
  document: NewInvoice
  asked: Asked | undefined
}

async function checkAndStore(
  transaction: Transaction<Database>,
  { asked, ...owned }: Owned,
): Promise<TakenDocument> {
  const { organizationId, billingAdapter, document } = owned
  const corrected = await lockCorrected(transaction, billingAdapter, document)
  const same = await findDocument(transaction, billingAdapter, document.externalId)
  const reported = await findReported(transaction, owned)
  const reason = findMisfit(document, { organizationId, asked, same, corrected, reported })
  if (reason !== undefined) return { outcome: 'unfit', reason }
  if (same !== undefined) return { outcome: 'taken', invoice: same }
  if (document.corrects !== undefined && corrected === undefined)
    return { outcome: 'waiting', reason: 'The invoice that it corrects is not on record.' }
  await insertInvoice(transaction, { ...owned, corrected })
  const invoice = await findDocument(transaction, billingAdapter, document.externalId)
  if (invoice === undefined) throw new Error('An invoice vanished while it was stored')
  return { outcome: 'taken', invoice }
}

/** An answer and a webhook may deliver one document at the same time. */
async function lockDocument(
  transaction: Transaction<Database>,
  billingAdapter: string,
  externalId: string,
): Promise<void> {
  const name = `document ${billingAdapter} ${externalId}`
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(transaction)
}

async function lockCorrected(
  transaction: Transaction<Database>,
  billingAdapter: string,
  { corrects }: NewInvoice,
): Promise<Invoice | undefined> {
  if (corrects === undefined) return undefined
  await transaction
    .selectFrom('invoices')
    .select('id')
    .where('billing_adapter', '=', billingAdapter)
    .where('external_id', '=', corrects)
    .forUpdate()
    .execute()
  // A statement of its own, because the one that waited for the lock does not see the credits of that time.
  return findDocument(transaction, billingAdapter, corrects)
}

async function findOwner(
  db: DatabaseConnection,
  { billingAdapter, of }: Issued,
): Promise<string | undefined> {
  if ('organizationId' in of) return of.organizationId
  const period = await db
    .selectFrom('plan_periods')
    .select('organization_id as organizationId')
    .where('billing_adapter', '=', billingAdapter)
    .where('external_customer_id', '=', of.customerExternalId)
    .executeTakeFirst()
  return period?.organizationId
}

/**
 * The usage that the provider was told of the month of an invoice, and of the months after it until the invoice was issued: the
 * billing period of a provider need not be the calendar month.
 */
async function findReported(
  db: DatabaseConnection,
  { organizationId, billingAdapter, document: { month, issuedAt } }: Omit<Owned, 'asked'>,
): Promise<BilledUsage | undefined> {
  if (month === undefined) return undefined
  const { trial, purchased, converted } = await db
    .selectFrom('bills')
    .select(sql<number | null>`sum(trial)::int`.as('trial'))
    .select(sql<number | null>`sum(purchased)::int`.as('purchased'))
    .select(sql<number | null>`sum(converted)::int`.as('converted'))
    .where('organization_id', '=', organizationId)
    .where('billing_adapter', '=', billingAdapter)
    .where('month', '>=', month)
    .where('month', '<=', monthOf(issuedAt))
    .executeTakeFirstOrThrow()
  if (trial === null || purchased === null || converted === null) return undefined
  return { trial, purchased, converted }
}
