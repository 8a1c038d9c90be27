import type { Generated, GeneratedAlways, JSONColumnType } from 'kysely'
import type { NullableTimestamp, Timestamp } from './timestamps.ts'

export interface WebhookEndpointsTable {
  id: string
  organization_id: string
  url: string
  /** Null: every type. */
  events: string[] | null
  secret: string
  previous_secret: string | null
  previous_secret_until: NullableTimestamp
  disabled_at: NullableTimestamp
  /** `asked`: a person disabled the endpoint. `gone`: the endpoint answered 410. */
  disabled_reason: 'asked' | 'gone' | null
  created_at: Timestamp
  updated_at: Timestamp
}

export interface OutboxEventsTable {
  id: string
  organization_id: string
  type: string
  data: JSONColumnType<Record<string, unknown>>
  created_at: Timestamp
}

export type DeliveryStatus = 'pending' | 'delivered' | 'failed'

export interface WebhookDeliveriesTable {
  id: string
  position: GeneratedAlways<string>
  endpoint_id: string
  event_id: string
  organization_id: string
  subject_id: string
  status: Generated<DeliveryStatus>
  attempts: Generated<number>
  last_attempt_at: NullableTimestamp
  last_http_status: number | null
  last_error: string | null
  next_attempt_at: NullableTimestamp
  created_at: Timestamp
}
