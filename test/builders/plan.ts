import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { openLicensePool } from '../../domain/licenses/license-pools.ts'
import { platformId } from '../../domain/organizations/read-organizations.ts'
import { insertSubscription } from '../../domain/plans/subscriptions.ts'
import { anOrganization } from './organization.ts'

interface PlanOptions {
  /** Null is a purchased plan without a limit. Default 5. */
  licenses?: number | null
  /** The end of a trial. Without it the plan is purchased. */
  trialEndsAt?: Date | null
  /** Default `ledger`. */
  billingAdapter?: string
  /** The ids of the customer and of the subscription at the billing provider. */
  customer?: string
  subscription?: string
}

/** Adds a plan and a pool to an organization, without a run. */
export async function aPlan(
  db: DatabaseConnection,
  organizationId: string,
  {
    licenses = 5,
    trialEndsAt = null,
    billingAdapter = 'ledger',
    customer = `customer-of-${organizationId}`,
    subscription = `subscription-of-${organizationId}`,
  }: PlanOptions = {},
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await insertSubscription(transaction, organizationId, {
      kind: trialEndsAt === null ? 'purchased' : 'trial',
      billingAdapter,
      customerExternalId: customer,
      subscriptionExternalId: subscription,
      licenses,
      trialEndsAt: trialEndsAt?.toISOString() ?? null,
    })
    await openLicensePool(transaction, { organizationId, allocated: licenses })
  })
}

/** Adds a customer that this adapter bills below the platform. */
export async function aCustomerBilledBy(db: DatabaseConnection, billingAdapter: string): Promise<void> {
  const organizationId = await anOrganization(db, await platformId(db), { type: 'customer' })
  await aPlan(db, organizationId, { billingAdapter })
}
