import { type NotNull, sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'

/** The number of accounts of each billing adapter, suspended accounts included. Closed accounts do not count. */
export async function accountsByBillingAdapter(
  db: DatabaseConnection,
): Promise<{ billingAdapter: string; accounts: number }[]> {
  return db
    .selectFrom('subscriptions')
    .select(['billing_adapter as billingAdapter', sql<number>`count(*)::integer`.as('accounts')])
    .where('status', '<>', 'cancelled')
    .groupBy('billing_adapter')
    .orderBy('billing_adapter')
    .execute()
}

/** The default billing adapters that partners and the platform chose, and the number of organizations that chose each. */
export async function defaultBillingAdapters(
  db: DatabaseConnection,
): Promise<{ billingAdapter: string; partners: number }[]> {
  return db
    .selectFrom('organizations')
    .select(['default_billing_adapter as billingAdapter', sql<number>`count(*)::integer`.as('partners')])
    .where('default_billing_adapter', 'is not', null)
    .groupBy('default_billing_adapter')
    .orderBy('default_billing_adapter')
    .$narrowType<{ billingAdapter: NotNull }>()
    .execute()
}
