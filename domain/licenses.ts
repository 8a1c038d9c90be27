import type { DatabaseConnection } from './database/connection.ts'
import type { SubscriptionStatus } from './database/tables.ts'
import type { PlaceInTree } from './organization-tree.ts'
import { idsOnPath } from './subtree.ts'

export interface LicenseCounts {
  plan: {
    kind: 'trial' | 'purchased'
    status: SubscriptionStatus
    billingAdapter: string
    trialEndsAt: Date | null
  } | null
  /** The organization whose pool it draws on: itself, or for a unit the enterprise above. */
  poolOrganizationId: string | null
  /** Null for a purchased plan without an upper limit. */
  allocated: number | null
  assigned: number
  available: number | null
  usedThisMonth: number
}

/** The licenses that an organization can use. */
export async function countLicenses(
  db: DatabaseConnection,
  organization: PlaceInTree,
): Promise<LicenseCounts> {
  const poolOrganizationId = await findPoolOrganization(db, organization)
  if (poolOrganizationId === null) {
    return { plan: null, poolOrganizationId, allocated: 0, assigned: 0, available: 0, usedThisMonth: 0 }
  }
  const [subscription, pool, uses] = await Promise.all([
    findSubscription(db, poolOrganizationId),
    db
      .selectFrom('license_pools')
      .select('allocated')
      .where('organization_id', '=', poolOrganizationId)
      .executeTakeFirst(),
    countUses(),
  ])
  const allocated = pool === undefined ? 0 : pool.allocated
  return {
    plan: subscription ?? null,
    poolOrganizationId,
    allocated,
    available: allocated === null ? null : Math.max(0, allocated - uses.assigned),
    ...uses,
  }
}

async function findPoolOrganization(
  db: DatabaseConnection,
  organization: PlaceInTree,
): Promise<string | null> {
  if (organization.type === 'platform') return null
  if (organization.type !== 'unit') return organization.id
  const owner = await db
    .selectFrom('organizations')
    .select('id')
    .where('id', 'in', idsOnPath(organization.path))
    .where('type', '=', 'enterprise')
    .orderBy('path', 'desc')
    .executeTakeFirst()
  return owner?.id ?? null
}

async function findSubscription(db: DatabaseConnection, organizationId: string) {
  return db
    .selectFrom('subscriptions')
    .select(['kind', 'status', 'billing_adapter as billingAdapter', 'trial_ends_at as trialEndsAt'])
    .where('organization_id', '=', organizationId)
    .executeTakeFirst()
}

/** Devices take licenses, and there are none yet: here is where they will be counted. */
async function countUses(): Promise<{ assigned: number; usedThisMonth: number }> {
  return { assigned: 0, usedThisMonth: 0 }
}
