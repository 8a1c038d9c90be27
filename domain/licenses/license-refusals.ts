import { sql, type Transaction } from 'kysely'
import type { SubscriptionStatus } from '../database/tables/plan-tables.ts'
import type { Database } from '../database/tables.ts'
import type { LockedPool } from './license-pools.ts'
import type { PlaceInTree } from '../organizations/organization-tree.ts'
import { idsOnPath } from '../access/subtree.ts'

/** Why a device of an organization gets no license now. */
export type LicenseRefusal =
  | { reason: 'organization_not_active'; organizationId: string; status: 'suspended' | 'closed' }
  /** Neither the organization nor an enterprise above it has a plan with licenses. */
  | { reason: 'no_licenses' }
  | { reason: 'trial_ended'; trialEndsAt: Date }
  | { reason: 'subscription_not_active'; status: Exclude<SubscriptionStatus, 'active' | 'expired'> }
  | { reason: 'licenses_exhausted'; allocated: number }

/** An organization and the pool that it draws on. */
export interface Draw {
  organization: PlaceInTree
  /** The owner of the pool; null for the platform. The pool is locked, and undefined when it does not exist. */
  poolOrganizationId: string | null
  pool: LockedPool | undefined
}

/**
 * Checks whether devices of an organization may hold licenses now. It does not check whether a license is free.
 * @returns the pool, or the reason for the refusal.
 */
export async function checkDraw(
  transaction: Transaction<Database>,
  { organization, poolOrganizationId, pool }: Draw,
): Promise<{ pool: LockedPool } | { refusal: LicenseRefusal }> {
  const inactive = await findInactive(transaction, organization, poolOrganizationId)
  if (inactive !== undefined) return { refusal: inactive }
  if (pool === undefined) return { refusal: { reason: 'no_licenses' } }
  const refusal = await findPlanRefusal(transaction, pool.organizationId)
  return refusal === undefined ? { pool } : { refusal }
}

async function findPlanRefusal(
  transaction: Transaction<Database>,
  organizationId: string,
): Promise<LicenseRefusal | undefined> {
  const plan = await transaction
    .selectFrom('subscriptions')
    .select([
      'status',
      'trial_ends_at',
      sql<boolean>`coalesce(trial_ends_at <= clock_timestamp(), false)`.as('isOver'),
    ])
    .where('organization_id', '=', organizationId)
    .executeTakeFirst()
  // Without a plan the usage would not be billed.
  if (plan === undefined) return { reason: 'no_licenses' }
  const { status, trial_ends_at: trialEndsAt, isOver } = plan
  if (status === 'suspended' || status === 'cancelled') return { reason: 'subscription_not_active', status }
  if (trialEndsAt !== null && (isOver || status === 'expired')) return { reason: 'trial_ended', trialEndsAt }
  return undefined
}

/** A unit is also inactive when its enterprise, or a unit between the two, is inactive. */
async function findInactive(
  transaction: Transaction<Database>,
  { id, path }: PlaceInTree,
  poolOrganizationId: string | null,
): Promise<LicenseRefusal | undefined> {
  const ids = idsOnPath(path)
  const owner = poolOrganizationId === null ? -1 : ids.indexOf(poolOrganizationId)
  const found = await transaction
    .selectFrom('organizations')
    .select(['id', 'status'])
    .where('id', 'in', owner === -1 ? [id] : ids.slice(owner))
    .where('status', '!=', 'active')
    .orderBy('path')
    .executeTakeFirst()
  if (found === undefined || found.status === 'active') return undefined
  return { reason: 'organization_not_active', organizationId: found.id, status: found.status }
}
