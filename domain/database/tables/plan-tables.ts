import type { NullableTimestamp, Timestamp } from './timestamps.ts'

/** `expired`: the trial ended and was not converted. `cancelled`: the account was closed. */
export type SubscriptionStatus = 'active' | 'expired' | 'suspended' | 'cancelled'

export interface SubscriptionsTable {
  id: string
  organization_id: string
  kind: 'trial' | 'purchased'
  status: SubscriptionStatus
  billing_adapter: string
  external_customer_id: string
  external_subscription_id: string
  trial_ends_at: NullableTimestamp
  trial_reminded_at: NullableTimestamp
  created_at: Timestamp
  updated_at: Timestamp
}

export interface PlanPeriodsTable {
  id: string
  organization_id: string
  kind: 'trial' | 'purchased'
  /** Null: no upper limit. */
  licenses: number | null
  trial_ends_at: NullableTimestamp
  billing_adapter: string
  external_customer_id: string
  external_subscription_id: string
  starts_at: Timestamp
  ends_at: NullableTimestamp
}
