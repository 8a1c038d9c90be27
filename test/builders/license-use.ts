import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { newId } from '../../domain/ids.ts'

/**
 * Adds a device and its license in a pool. The default is a license since 2020 that the device still holds.
 * @param pool the organization that owns the licenses.
 * @param use the organization of the device (default: `pool`), when its license begins (`from`) and ends (`to`), and when the
 * device was removed. With `device`, the existing device gets another license.
 * @returns the id of the device.
 */
export async function aLicenseUse(
  db: DatabaseConnection,
  pool: string,
  use: { device?: string; organizationId?: string; from?: string; to?: string; removed?: string } = {},
): Promise<string> {
  const device = use.device ?? newId('dev')
  if (use.device === undefined) {
    await db
      .insertInto('devices')
      .values({
        id: device,
        organization_id: use.organizationId ?? pool,
        name: 'Laptop',
        removed_at: use.removed === undefined ? null : new Date(use.removed),
      })
      .execute()
  }
  await db
    .insertInto('license_assignments')
    .values({
      id: newId('lic'),
      pool_organization_id: pool,
      organization_id: use.organizationId ?? pool,
      device_id: device,
      assigned_at: new Date(use.from ?? '2020-01-01T00:00:00Z'),
      released_at: use.to === undefined ? null : new Date(use.to),
    })
    .execute()
  return device
}
