import type { Transaction } from 'kysely'
import type { StoredInvoiceLine } from './database/billing-tables.ts'
import type { Database } from './database/tables.ts'
import { newId } from './ids.ts'

/** An invoice or a credit note as its provider issued it. Amounts are integer minor units. */
export interface NewInvoice {
  externalId: string
  kind: 'invoice' | 'credit_note'
  number: string
  /** For a credit note: the `externalId` of the invoice that it corrects. */
  corrects?: string
  /** `YYYY-MM`; absent where the provider bills other periods. */
  month?: string
  /** ISO 4217. */
  currency: string
  lines: StoredInvoiceLine[]
  total: number
  issuedAt: Date
}

/** Keeps what a provider issued, once: the same invoice again changes nothing. */
export async function insertInvoice(
  transaction: Transaction<Database>,
  issued: { organizationId: string; billingAdapter: string; invoice: NewInvoice },
): Promise<void> {
  const { organizationId, billingAdapter, invoice } = issued
  await transaction
    .insertInto('invoices')
    .values({
      id: newId('inv'),
      organization_id: organizationId,
      billing_adapter: billingAdapter,
      external_id: invoice.externalId,
      kind: invoice.kind,
      number: invoice.number,
      month: invoice.month ?? null,
      currency: invoice.currency,
      lines: JSON.stringify(invoice.lines),
      total: invoice.total,
      issued_at: invoice.issuedAt,
    })
    .onConflict((conflict) => conflict.columns(['billing_adapter', 'external_id']).doNothing())
    .execute()
}
