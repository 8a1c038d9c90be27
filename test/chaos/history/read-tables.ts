import type { DatabaseConnection } from '../../../domain/database/connection.ts'

/** The rows of our tables that exist at the end of a chaos run. */
export type Tables = Awaited<ReturnType<typeof readTables>>

export async function readTables(db: DatabaseConnection) {
  const [organizations, users, subscriptions, pools, ledgerRecords, bills, invoices] = await Promise.all([
    db
      .selectFrom('organizations')
      .select(['id', 'name', 'type', 'parent_id as parentId', 'status'])
      .where('type', '!=', 'platform')
      .execute(),
    db.selectFrom('users').select(['id', 'email', 'organization_id as organizationId']).execute(),
    db
      .selectFrom('subscriptions')
      .select(['organization_id as organizationId', 'billing_adapter as billingAdapter'])
      .select('external_subscription_id as externalId')
      .execute(),
    db.selectFrom('license_pools').select(['organization_id as organizationId', 'allocated']).execute(),
    db.selectFrom('ledger_records').select(['kind', 'organization_id as organizationId', 'month']).execute(),
    db
      .selectFrom('bills')
      .select(['id', 'organization_id as organizationId', 'month', 'billing_adapter as billingAdapter'])
      .select(['trial', 'purchased', 'external_reference as externalReference'])
      .execute(),
    db
      .selectFrom('invoices')
      .select(['organization_id as organizationId', 'month', 'number', 'billing_adapter as billingAdapter'])
      .where('kind', '=', 'invoice')
      .execute(),
  ])
  return { organizations, users, subscriptions, pools, ledgerRecords, bills, invoices }
}
