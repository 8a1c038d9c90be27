import type { JSONColumnType } from 'kysely'
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
  total: number
  issued_at: Date
}

export interface BillsTable {
  id: string
  organization_id: string
  month: string
  billing_adapter: string
  external_customer_id: string
  external_subscription_id: string
  trial: number
  purchased: number
  external_reference: string
  billed_at: Timestamp
}

export interface BilledDevicesTable {
  device_id: string
  month: string
  bill_id: string
  kind: 'trial' | 'purchased'
}

export interface LedgerRecordsTable {
  idempotency_key: string
  id: string
  kind: 'customer' | 'subscription' | 'plan_change' | 'usage' | 'credit_note'
  organization_id: string
  plan: JSONColumnType<Record<string, unknown>> | null
  subscription_id: string | null
  month: string | null
  details: JSONColumnType<Record<string, unknown>> | null
  cancelled_at: NullableTimestamp
  created_at: Timestamp
}

export interface LedgerNumbersTable {
  series: string
  last: number
}

export interface ProviderEventsTable {
  billing_adapter: string
  event_id: string
  id: string
  type: 'invoice_issued' | 'payment_failed' | 'subscription_cancelled'
  external_customer_id: string | null
  external_subscription_id: string | null
  external_invoice_id: string | null
  held_invoice: JSONColumnType<Record<string, unknown>> | null
  received_at: Timestamp
}
