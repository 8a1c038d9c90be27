import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { newId } from '../../domain/ids.ts'

/** Adds a period in which an account is billed. The default is a purchased plan since 2020, without an end. */
export async function aPlanPeriod(
  db: DatabaseConnection,
  organizationId: string,
  period: {
    kind?: 'trial' | 'purchased'
    subscription?: string
    customer?: string
    billingAdapter?: string
    from?: string
    to?: string
  } = {},
): Promise<void> {
  await db
    .insertInto('plan_periods')
    .values({
      id: newId('per'),
      organization_id: organizationId,
      kind: period.kind ?? 'purchased',
      billing_adapter: period.billingAdapter ?? 'ledger',
      external_customer_id: period.customer ?? 'customer',
      external_subscription_id: period.subscription ?? 'subscription',
      starts_at: new Date(period.from ?? '2020-01-01T00:00:00Z'),
      ends_at: period.to === undefined ? null : new Date(period.to),
    })
    .execute()
}
