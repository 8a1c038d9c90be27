import type { Transaction } from 'kysely'
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
