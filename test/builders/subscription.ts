import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { platformId } from '../../domain/organizations/read-organizations.ts'
import { insertSubscription } from '../../domain/plans/subscriptions.ts'
import { anOrganization } from './organization.ts'

/** An account that is billed by this adapter. */
export async function aSubscription(
  db: DatabaseConnection,
  { billingAdapter }: { billingAdapter: string },
): Promise<void> {
  const organizationId = await anOrganization(db, await platformId(db), { type: 'customer' })
  await db.transaction().execute((transaction) =>
    insertSubscription(transaction, organizationId, {
      kind: 'purchased',
      billingAdapter,
      customerExternalId: 'cus_1',
      subscriptionExternalId: 'sub_1',
      licenses: null,
      trialEndsAt: null,
    }),
  )
}
