import type { ColumnType, Generated, JSONColumnType } from 'kysely'
import type { ErrorClass } from '../errors.ts'
import type { OperationKind, OperationRequests } from '../operations.ts'
import type { OrganizationType } from '../organization-types.ts'
import type { PlannedStep } from '../run-plan.ts'
import type {
  BilledDevicesTable,
  BillsTable,
  InvoicesTable,
  LedgerNumbersTable,
  LedgerRecordsTable,
  ProviderEventsTable,
} from './billing-tables.ts'
import type { DecisionsTable } from './decision-tables.ts'
import type { DevicesTable, LicenseAssignmentsTable } from './license-tables.ts'
import type { NullableTimestamp, Timestamp } from './timestamps.ts'
import type { OutboxEventsTable, WebhookDeliveriesTable, WebhookEndpointsTable } from './webhook-tables.ts'

/** The tables as the migrations leave them. One interface a table; a column is named as it is in SQL. */
export interface Database {
  organizations: OrganizationsTable
  organization_changes: OrganizationChangesTable
  users: UsersTable
  credentials: { id: string; user_id: string; provider_id: string }
  verifications: VerificationsTable
  api_keys: ApiKeysTable
  onboardings: OnboardingsTable
  step_runs: StepRunsTable
  onboarding_events: OnboardingEventsTable
  decisions: DecisionsTable
  subscriptions: SubscriptionsTable
  plan_periods: PlanPeriodsTable
  ledger_records: LedgerRecordsTable
  ledger_numbers: LedgerNumbersTable
  license_pools: LicensePoolsTable
  devices: DevicesTable
  license_assignments: LicenseAssignmentsTable
  invoices: InvoicesTable
  bills: BillsTable
  billed_devices: BilledDevicesTable
  webhook_endpoints: WebhookEndpointsTable
  outbox_events: OutboxEventsTable
  webhook_deliveries: WebhookDeliveriesTable
  provider_events: ProviderEventsTable
}

export interface OrganizationsTable {
  id: string
  type: OrganizationType
  parent_id: string | null
  path: string
  name: string
  country: string
  state: string
  city: string | null
  address_line1: string | null
  postal_code: string | null
  phone: string | null
  website: string | null
  external_id: string | null
  notes: string | null
  status: Generated<'active' | 'suspended' | 'closed'>
  status_follows: ColumnType<string | null, string | null | undefined>
  default_billing_adapter: ColumnType<string | null, string | null | undefined>
  version: Generated<number>
  created_at: Timestamp
  updated_at: Timestamp
}

/** By the name of the field. */
export type FieldChanges = Record<string, { from: string | null; to: string | null }>

export interface OrganizationChangesTable {
  id: string
  organization_id: string
  actor: string
  fields: JSONColumnType<FieldChanges>
  created_at: Timestamp
}

export interface UsersTable {
  id: string
  organization_id: string
  full_name: string
  email: string
  email_verified: Generated<boolean>
  invitation_status: Generated<'not_sent' | 'sent' | 'accepted' | 'failed'>
  created_at: Timestamp
  updated_at: Timestamp
}

export interface VerificationsTable {
  id: string
  identifier: string
  value: string
  expires_at: Date
  created_at: Timestamp
  updated_at: Timestamp
}

export interface ApiKeysTable {
  id: string
  name: string
  role: 'platform' | 'partner'
  organization_id: string
  key_hash: string
  created_at: Timestamp
  revoked_at: NullableTimestamp
}

export type OnboardingStatus =
  | 'accepted'
  | 'running'
  | 'needs_attention'
  | 'cancelling'
  | 'completed'
  | 'cancelled'
  | 'failed'

export interface OnboardingsTable {
  id: string
  kind: Generated<OperationKind>
  parent_id: string
  api_key_id: string | null
  idempotency_key: string | null
  body_hash: string
  request: JSONColumnType<OperationRequests[OperationKind]>
  plan: JSONColumnType<PlannedStep[]>
  status: Generated<OnboardingStatus>
  organization_id: string | null
  user_id: string | null
  workflow_run_id: string | null
  event_count: Generated<number>
  accepted_at: Timestamp
  updated_at: Timestamp
  settled_at: NullableTimestamp
}

export type StepStatus =
  | 'pending'
  | 'running'
  | 'retrying'
  | 'needs_attention'
  | 'done'
  | 'skipped'
  | 'compensated'

/** A failure as it is shown to people. `code` is stable; `message` and `nextAction` are plain words without personal data. */
export interface RecordedError {
  code: string
  class: ErrorClass
  message: string
  nextAction: string
  fields?: { pointer: string; message: string }[]
}

export interface StepRunsTable {
  onboarding_id: string
  step_id: string
  revision: number
  status: StepStatus
  attempts: Generated<number>
  retries: Generated<number>
  attempt_token: string | null
  intent_at: NullableTimestamp
  output: JSONColumnType<Record<string, unknown>> | null
  external_reference: string | null
  error: JSONColumnType<RecordedError> | null
  started_at: NullableTimestamp
  finished_at: NullableTimestamp
}

export interface OnboardingEventsTable {
  onboarding_id: string
  sequence: number
  type: 'onboarding' | 'step'
  data: JSONColumnType<Record<string, unknown>>
  created_at: Timestamp
}

/** `expired`: a trial that ended without a conversion. `cancelled`: the account was closed. */
export type SubscriptionStatus = 'active' | 'expired' | 'suspended' | 'cancelled'

export interface SubscriptionsTable {
  id: string
  organization_id: string
  kind: 'trial' | 'purchased'
  status: SubscriptionStatus
  billing_adapter: string
  external_customer_id: string | null
  external_subscription_id: string | null
  trial_ends_at: NullableTimestamp
  trial_reminded_at: NullableTimestamp
  created_at: Timestamp
  updated_at: Timestamp
}

export interface PlanPeriodsTable {
  id: string
  organization_id: string
  kind: 'trial' | 'purchased'
  /** Null: without an upper limit. */
  licenses: number | null
  trial_ends_at: NullableTimestamp
  billing_adapter: string
  external_customer_id: string
  external_subscription_id: string
  starts_at: Timestamp
  ends_at: NullableTimestamp
}

export interface LicensePoolsTable {
  organization_id: string
  allocated: number | null
  created_at: Timestamp
  updated_at: Timestamp
}
