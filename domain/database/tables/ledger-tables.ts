import type { JSONColumnType } from 'kysely'
import type { StoredInvoiceLine } from './billing-tables.ts'
import type { NullableTimestamp, Timestamp } from './timestamps.ts'

/** An invoice or credit note of the ledger, as it was issued. */
export interface LedgerInvoice {
  number: string
  currency: string
  lines: StoredInvoiceLine[]
  total: number
  /** RFC 3339. */
  issuedAt: string
}

export interface LedgerRecordsTable {
  idempotency_key: string
  id: string
  kind:
    | 'customer'
    | 'customer_update'
    | 'subscription'
    | 'plan_change'
    | 'cancellation'
    | 'usage'
    | 'credit_note'
  organization_id: string
  request_hash: string
  /** For a customer: its present name. For a customer update: the name that it gave. */
  customer_name: string | null
  plan: JSONColumnType<Record<string, unknown>> | null
  /** The subscription of a plan change, a cancellation or usage. */
  subscription_id: string | null
  month: string | null
  usage: JSONColumnType<{ trial: number; purchased: number }> | null
  invoice: JSONColumnType<LedgerInvoice> | null
  /** For a credit note: the id of the record of its invoice. */
  corrects: string | null
  cancelled_at: NullableTimestamp
  created_at: Timestamp
}

export interface LedgerNumbersTable {
  series: string
  last: number
}
