import { sql } from 'kysely'
import type { DatabaseConnection } from './database/connection.ts'

/** How many accounts each billing adapter bills, or is to bill again once they are restored. */
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
