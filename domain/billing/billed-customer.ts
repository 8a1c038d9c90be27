import type { DatabaseConnection } from '../database/connection.ts'

/** An account as its billing provider should have it now. */
export interface BilledCustomer {
  /** The present name of the organization. */
  name: string
  /** The version of the organization with this name. */
  version: number
  billingAdapter: string
  customerExternalId: string
}

/** @returns undefined when the account has no subscription. */
export async function findBilledCustomer(
  db: DatabaseConnection,
  organizationId: string,
): Promise<BilledCustomer | undefined> {
  return db
    .selectFrom('subscriptions')
    .innerJoin('organizations', 'organizations.id', 'subscriptions.organization_id')
    .select(['organizations.name', 'organizations.version', 'billing_adapter as billingAdapter'])
    .select('external_customer_id as customerExternalId')
    .where('organizations.id', '=', organizationId)
    .executeTakeFirst()
}
