import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { newId } from '../../domain/ids.ts'

/**
 * A device of an account that holds, or held, one of its licenses; name only what the test is about. With `device`, that one
 * does so once more. @returns the device.
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
      device_id: device,
      assigned_at: new Date(use.from ?? '2020-01-01T00:00:00Z'),
      released_at: use.to === undefined ? null : new Date(use.to),
    })
    .execute()
  return device
}
