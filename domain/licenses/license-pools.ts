import { sql, type Transaction } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Database } from '../database/tables.ts'
import type { PlaceInTree } from '../organizations/organization-tree.ts'
import { idsOnPath } from '../access/subtree.ts'

/** Opens an account's pool. @param allocated null for a purchased plan without an upper limit. */
export async function openLicensePool(
  transaction: Transaction<Database>,
  pool: { organizationId: string; allocated: number | null },
): Promise<void> {
  await transaction
    .insertInto('license_pools')
    .values({ organization_id: pool.organizationId, allocated: pool.allocated })
    .onConflict((conflict) => conflict.column('organization_id').doNothing())
    .execute()
}

/**
 * Takes back an account's pool. What devices used before they were removed stays noted.
 * @returns false while a device holds a license of it, and then leaves it as it is.
 */
export async function deleteLicensePool(
  transaction: Transaction<Database>,
  organizationId: string,
): Promise<boolean> {
  const pool = await lockLicensePool(transaction, organizationId)
  if (pool !== undefined && pool.assigned > 0) return false
  await transaction.deleteFrom('license_pools').where('organization_id', '=', organizationId).execute()
  return true
}

export interface LockedPool {
  /** The account that owns it. */
  organizationId: string
  /** Null: no upper limit. */
  allocated: number | null
  /** How many devices hold a license of it now. */
  assigned: number
}

/**
 * Holds a pool until the transaction ends: until then nobody else takes a license from it or changes how many there are.
 * @returns undefined when the organization has no pool of its own.
 */
export async function lockLicensePool(
  transaction: Transaction<Database>,
  organizationId: string,
): Promise<LockedPool | undefined> {
  const pool = await transaction
    .selectFrom('license_pools')
    .select('allocated')
    .where('organization_id', '=', organizationId)
    .forUpdate()
    .executeTakeFirst()
  if (pool === undefined) return undefined
  // A statement of its own: the one that waited for the lock sees what was true before the wait.
  return { organizationId, ...pool, assigned: await countAssigned(transaction, organizationId) }
}

/**
 * Changes how many licenses a pool has, unless more than that are assigned. Until the transaction ends, no device takes
 * a license from the pool.
 * @param pool `organizationId` is the account that owns the pool. `allocated` counts licenses; null is no upper limit.
 * @returns what it was before, or when it was refused how many licenses are assigned.
 * @throws Error when the organization has no pool of its own.
 *
 * @example
 * const result = await setAllocated(transaction, { organizationId, allocated: 10 })
 * if (!result.changed) throw new Error(`${result.assigned} devices hold a license.`)
 */
export async function setAllocated(
  transaction: Transaction<Database>,
  { organizationId, allocated }: { organizationId: string; allocated: number | null },
): Promise<{ changed: true; previous: number | null } | { changed: false; assigned: number }> {
  const pool = await lockLicensePool(transaction, organizationId)
  if (pool === undefined) throw new Error(`${organizationId} has no license pool of its own`)
  if (allocated !== null && allocated < pool.assigned) return { changed: false, assigned: pool.assigned }
  // Told by webhook as license.allocation_changed: see database/schema/webhook-events.sql.
  await transaction
    .updateTable('license_pools')
    .set({ allocated, updated_at: sql<Date>`now()` })
    .where('organization_id', '=', organizationId)
    .execute()
  return { changed: true, previous: pool.allocated }
}

/**
 * Whose pool an organization draws on: its own, or for a unit that of the enterprise above.
 * @returns null for the platform. Whether the organization has opened its pool is not looked at.
 */
export async function findPoolOrganization(
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

/** How many of an account's licenses are assigned to devices now. */
export async function countAssigned(db: DatabaseConnection, organizationId: string): Promise<number> {
  const { assigned } = await db
    .selectFrom('license_assignments')
    .select(sql<number>`count(*)::int`.as('assigned'))
    .where('pool_organization_id', '=', organizationId)
    .where('released_at', 'is', null)
    .executeTakeFirstOrThrow()
  return assigned
}
