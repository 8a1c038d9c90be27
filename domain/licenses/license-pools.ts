import { sql, type Transaction } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Database } from '../database/tables.ts'
import type { PlaceInTree } from '../organizations/organization-tree.ts'
import { idsOnPath } from '../access/subtree.ts'

/** Opens the pool of an account. @param pool `allocated` is null for a purchased plan without an upper limit. */
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
 * Deletes the pool of an account. The usage of removed devices stays on record.
 * @returns false, without deleting the pool, when a device holds a license of it.
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

/** A pool whose row is locked until the transaction ends. */
export interface LockedPool {
  organizationId: string
  /** Null: no upper limit. */
  allocated: number | null
  assigned: number
}

/** Until the transaction ends, no other transaction takes a license from it or changes its size. */
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
  // A separate statement: the one that waited for the lock has the snapshot from before the wait.
  return { organizationId, ...pool, assigned: await countAssigned(transaction, organizationId) }
}

/**
 * Changes the number of licenses of a pool, unless more licenses than that are assigned. Until the transaction ends, no
 * other device takes a license from the pool.
 * @param pool `organizationId` is the account that owns the pool. `allocated` is the number of licenses; null: no upper limit.
 * @returns the previous number; or, when the change was refused, the number of assigned licenses.
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
  // Sends the webhook event license.allocation_changed: see database/schema/webhook-events.sql.
  await transaction
    .updateTable('license_pools')
    .set({ allocated, updated_at: sql<Date>`now()` })
    .where('organization_id', '=', organizationId)
    .execute()
  return { changed: true, previous: pool.allocated }
}

/**
 * The organization whose pool another one draws on: itself, or for a unit the enterprise above it.
 * @returns its id; null for the platform. The pool itself may not exist.
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

export async function countAssigned(db: DatabaseConnection, organizationId: string): Promise<number> {
  const { assigned } = await db
    .selectFrom('license_assignments')
    .select(sql<number>`count(*)::int`.as('assigned'))
    .where('pool_organization_id', '=', organizationId)
    .where('released_at', 'is', null)
    .executeTakeFirstOrThrow()
  return assigned
}
