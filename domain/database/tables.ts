import type { ApiKeysTable } from './tables/api-keys-table.ts'
import type {
  BilledDevicesTable,
  BillsTable,
  HeldDocumentsTable,
  InvoicesTable,
  ProviderEventsTable,
} from './tables/billing-tables.ts'
import type { BulkDecisionItemsTable, BulkDecisionsTable, DecisionsTable } from './tables/decision-tables.ts'
import type { FindingsTable } from './tables/findings-table.ts'
import type { CredentialsTable, SessionsTable, VerificationsTable } from './tables/identity-tables.ts'
import type { LedgerNumbersTable, LedgerRecordsTable } from './tables/ledger-tables.ts'
import type { DevicesTable, LicenseAssignmentsTable, LicensePoolsTable } from './tables/license-tables.ts'
import type { MessagesTable } from './tables/messages-table.ts'
import type {
  InactivePeriodsTable,
  OrganizationChangesTable,
  OrganizationsTable,
  StandingDecisionsTable,
} from './tables/organization-tables.ts'
import type { PlanPeriodsTable, SubscriptionsTable } from './tables/plan-tables.ts'
import type { RunEventsTable, RunsTable, StepRunsTable } from './tables/run-tables.ts'
import type { UsersTable } from './tables/users-table.ts'
import type {
  OutboxEventsTable,
  WebhookDeliveriesTable,
  WebhookEndpointsTable,
} from './tables/webhook-tables.ts'

/** The tables of `schema/`. A table type has the columns of its table, by their names in SQL. */
export interface Database {
  organizations: OrganizationsTable
  organization_changes: OrganizationChangesTable
  inactive_periods: InactivePeriodsTable
  standing_decisions: StandingDecisionsTable
  users: UsersTable
  credentials: CredentialsTable
  sessions: SessionsTable
  verifications: VerificationsTable
  api_keys: ApiKeysTable
  runs: RunsTable
  step_runs: StepRunsTable
  run_events: RunEventsTable
  decisions: DecisionsTable
  bulk_decisions: BulkDecisionsTable
  bulk_decision_items: BulkDecisionItemsTable
  subscriptions: SubscriptionsTable
  plan_periods: PlanPeriodsTable
  license_pools: LicensePoolsTable
  devices: DevicesTable
  license_assignments: LicenseAssignmentsTable
  invoices: InvoicesTable
  bills: BillsTable
  billed_devices: BilledDevicesTable
  provider_events: ProviderEventsTable
  held_documents: HeldDocumentsTable
  ledger_records: LedgerRecordsTable
  ledger_numbers: LedgerNumbersTable
  messages: MessagesTable
  webhook_endpoints: WebhookEndpointsTable
  outbox_events: OutboxEventsTable
  webhook_deliveries: WebhookDeliveriesTable
  findings: FindingsTable
}
