import { sql, type Transaction } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Database } from '../database/tables.ts'
import { newId } from '../ids.ts'
import type { Asked } from './check-document.ts'
import type { NewInvoice } from './invoices.ts'

interface Holding {
  billingAdapter: string
  /** Null while no account has the customer. */
  organizationId: string | null
  /** Null for a document in an answer. */
  customerExternalId: string | null
  document: NewInvoice
  asked: Asked | undefined
  state: 'waiting' | 'unfit'
  reason: string
}

/** Keeps a document aside. A document that is kept aside already is replaced. */
export async function holdDocument(transaction: Transaction<Database>, holding: Holding): Promise<void> {
  const { document, asked, state, reason } = holding
  await transaction
    .insertInto('held_documents')
    .values({
      id: newId('doc'),
      billing_adapter: holding.billingAdapter,
      external_id: document.externalId,
      organization_id: holding.organizationId,
      external_customer_id: holding.customerExternalId,
      document: JSON.stringify(document),
      asked: asked === undefined ? null : JSON.stringify(asked),
      state,
      reason,
    })
    .onConflict((conflict) =>
      conflict.columns(['billing_adapter', 'external_id']).doUpdateSet((row) => ({
        organization_id: row.ref('excluded.organization_id'),
        external_customer_id: row.fn.coalesce(
          'excluded.external_customer_id',
          'held_documents.external_customer_id',
        ),
        document: row.ref('excluded.document'),
        asked: row.ref('excluded.asked'),
        state: row.ref('excluded.state'),
        reason: row.ref('excluded.reason'),
      })),
    )
    .execute()
}

export async function releaseDocument(
  transaction: Transaction<Database>,
  billingAdapter: string,
  externalId: string,
): Promise<void> {
  await transaction
    .deleteFrom('held_documents')
    .where('billing_adapter', '=', billingAdapter)
    .where('external_id', '=', externalId)
    .execute()
}

/** What the provider was asked for when it answered with this document, which did not fit. */
export async function findAsked(
  db: DatabaseConnection,
  billingAdapter: string,
  externalId: string,
): Promise<Asked | undefined> {
  const { rows } = await sql<{ asked: Asked | null }>`
    select asked from held_documents where billing_adapter = ${billingAdapter} and external_id = ${externalId}
  `.execute(db)
  return rows[0]?.asked ?? undefined
}

/** The waiting documents whose account is on record. Invoices come before the credit notes that may correct them. */
export async function listTakeable(
  db: DatabaseConnection,
  billingAdapter: string,
): Promise<{ organizationId: string; document: NewInvoice }[]> {
  const { rows } = await sql<{ organizationId: string; document: NewInvoice & { issuedAt: string } }>`
    select owner.id as "organizationId", document from held_documents as held
    cross join lateral (select coalesce(held.organization_id, (
      select period.organization_id from plan_periods as period
      where period.billing_adapter = held.billing_adapter and period.external_customer_id = held.external_customer_id
      limit 1)) as id) as owner
    where billing_adapter = ${billingAdapter} and state = 'waiting' and owner.id is not null
    order by document ->> 'kind' = 'credit_note', held.id
  `.execute(db)
  return rows.map(({ organizationId, document }) => ({
    organizationId,
    document: { ...document, issuedAt: new Date(document.issuedAt) },
  }))
}

/** Forgets a document. Nothing happens at the provider, which may deliver it again. */
export async function dropDocument(transaction: Transaction<Database>, id: string): Promise<void> {
  await transaction.deleteFrom('held_documents').where('id', '=', id).execute()
}
