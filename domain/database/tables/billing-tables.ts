import type { ColumnType, Generated, JSONColumnType } from 'kysely'
import type { NullableTimestamp, Timestamp } from './timestamps.ts'

/** `unitAmount` and `amount` are integer minor units. */
export interface StoredInvoiceLine {
  description: string
  quantity: number
  unitAmount: number
  amount: number
}

export interface InvoicesTable {
  id: string
  organization_id: string
  billing_adapter: string
  external_id: string
  kind: 'invoice' | 'credit_note'
  number: string
  corrects: string | null
  month: string | null
  currency: string
  lines: JSONColumnType<StoredInvoiceLine[]>
  /** Postgres returns a bigint as text. Select it as `float8`, which is exact up to the limit that the table checks. */
  total: ColumnType<string, number, never>
  issued_at: Date
}

/** `written_off`: nobody bills its devices. `handed_over`: another bill has its devices. */
export type BillStatus = 'open' | 'billed' | 'written_off' | 'handed_over'

export interface BillsTable {
  id: string
  organization_id: string
  month: string
  billing_adapter: string
  external_customer_id: string
  external_subscription_id: string
  trial: number
  purchased: number
  converted: number
  status: Generated<BillStatus>
  /** The provider's reference of the reported usage; null until it is reported. */
  external_reference: ColumnType<string | null, string | null | undefined>
  resolved_by: ColumnType<string | null, string | null | undefined>
  reason: ColumnType<string | null, string | null | undefined>
  successor_id: ColumnType<string | null, string | null | undefined>
  opened_at: Timestamp
  closed_at: NullableTimestamp
}

export interface BilledDevicesTable {
  device_id: string
  month: string
  kind: 'trial' | 'purchased'
  bill_id: string
}

export interface ProviderEventsTable {
  billing_adapter: string
  event_id: string
  id: string
  type: 'invoice_issued' | 'payment_failed' | 'subscription_cancelled'
  external_customer_id: string | null
  external_subscription_id: string | null
  external_invoice_id: string | null
  received_at: Timestamp
}

export interface HeldDocumentsTable {
  id: string
  billing_adapter: string
  external_id: string
  organization_id: string | null
  external_customer_id: string | null
  document: JSONColumnType<Record<string, unknown>>
  asked: JSONColumnType<Record<string, unknown>> | null
  state: 'waiting' | 'unfit'
  reason: string
  held_at: Timestamp
}
