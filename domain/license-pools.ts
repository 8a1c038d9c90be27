import { sql, type Transaction } from 'kysely'
import type { DatabaseConnection } from './database/connection.ts'
import type { Database } from './database/tables.ts'

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

export async function deleteLicensePool(
  transaction: Transaction<Database>,
  organizationId: string,
): Promise<void> {
  await transaction.deleteFrom('license_pools').where('organization_id', '=', organizationId).execute()
}

export async function setAllocated(
  transaction: Transaction<Database>,
  { organizationId, allocated }: { organizationId: string; allocated: number | null },
): Promise<{ changed: true; previous: number | null } | { changed: false; assigned: number }> {
  const pool = await transaction
    .selectFrom('license_pools')
    .select('allocated')
    .where('organization_id', '=', organizationId)
    .forUpdate()
    .executeTakeFirstOrThrow()
  const assigned = await countAssigned(transaction, organizationId)
  if (allocated !== null && assigned > allocated) return { changed: false, assigned }
  await transaction
    .updateTable('license_pools')
    .set({ allocated, updated_at: sql<Date>`now()` })
    .where('organization_id', '=', organizationId)
    .execute()
  return { changed: true, previous: pool.allocated }
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
