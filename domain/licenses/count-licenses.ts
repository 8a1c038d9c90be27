import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { SubscriptionStatus } from '../database/tables/plan-tables.ts'
import { monthOf } from '../billing/months.ts'
import { usedDevices } from '../billing/usage.ts'
import { findPoolOrganization } from './license-pools.ts'
import type { PlaceInTree } from '../organizations/organization-tree.ts'

/** The plan and the license counts that an organization draws on. */
export interface LicenseCounts {
  plan: {
    kind: 'trial' | 'purchased'
    status: SubscriptionStatus
    billingAdapter: string
    trialEndsAt: Date | null
  } | null
  /** The organization that owns the pool: the organization itself, or for a unit the enterprise above it. */
  poolOrganizationId: string | null
  /** Null for a purchased plan without an upper limit. */
  allocated: number | null
  /** Devices that hold a license now. */
  assigned: number
  /** Licenses that no device holds; null for a purchased plan without an upper limit. */
  available: number | null
  /** The devices that this calendar month (UTC) counts so far, as `usedDevices` says. */
  usedThisMonth: number
}

/** Counts the licenses of the pool that an organization draws on: for a unit, the pool of its enterprise. */
export async function countLicenses(
  db: DatabaseConnection,
  organization: PlaceInTree,
): Promise<LicenseCounts> {
  const poolOrganizationId = await findPoolOrganization(db, organization)
  if (poolOrganizationId === null) {
    return { plan: null, poolOrganizationId, allocated: 0, assigned: 0, available: 0, usedThisMonth: 0 }
  }
  const { hasPool, kind, status, billingAdapter, trialEndsAt, ...pool } = await readPool(
    db,
    poolOrganizationId,
  )
  const allocated = hasPool ? pool.allocated : 0
  return {
    plan:
      kind === null || status === null || billingAdapter === null
        ? null
        : { kind, status, billingAdapter, trialEndsAt },
    poolOrganizationId,
    ...pool,
    allocated,
    available: allocated === null ? null : Math.max(0, allocated - pool.assigned),
  }
}

interface PoolRow extends Nullable<NonNullable<LicenseCounts['plan']>> {
  hasPool: boolean
  allocated: number | null
  assigned: number
  usedThisMonth: number
}

type Nullable<T> = { [Key in keyof T]: T[Key] | null }

/** One statement, so that all numbers are from one snapshot. */
async function readPool(db: DatabaseConnection, organizationId: string): Promise<PoolRow> {
  const used = usedDevices(monthOf(new Date()), sql`period.organization_id = ${organizationId}`)
  const { rows } = await sql<PoolRow>`
    select pool.organization_id is not null as "hasPool", pool.allocated,
      subscription.kind, subscription.status, subscription.billing_adapter as "billingAdapter",
      subscription.trial_ends_at as "trialEndsAt", held.assigned,
      (select count(*)::integer from (${used}) as used) as "usedThisMonth"
    from (
      select count(*)::integer as assigned from license_assignments
      where pool_organization_id = ${organizationId} and released_at is null
    ) as held
    left join license_pools as pool on pool.organization_id = ${organizationId}
    left join subscriptions as subscription on subscription.organization_id = ${organizationId}
  `.execute(db)
  const [row] = rows
  if (row === undefined) throw new Error('An aggregate always answers with one row')
  return row
}
