import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { openLicensePool } from '../../domain/licenses/license-pools.ts'
import { insertSubscription } from '../../domain/plans/subscriptions.ts'

/** Gives an organization a plan and its pool, as the steps would have; name only what the test is about. */
export async function aPlan(
  db: DatabaseConnection,
  organizationId: string,
  { licenses = 5, trialEndsAt = null }: { licenses?: number | null; trialEndsAt?: Date | null } = {},
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await insertSubscription(transaction, organizationId, {
      kind: trialEndsAt === null ? 'purchased' : 'trial',
      billingAdapter: 'ledger',
      customerExternalId: `customer-of-${organizationId}`,
      subscriptionExternalId: `subscription-of-${organizationId}`,
      licenses,
      trialEndsAt: trialEndsAt?.toISOString() ?? null,
    })
    await openLicensePool(transaction, { organizationId, allocated: licenses })
  })
}
