import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Sighting } from './findings.ts'
import { isOlder, isWithin, type RowRange } from './row-range.ts'

export const deviceFindingKinds = ['license_of_removed_device', 'device_without_license'] as const

interface Row {
  deviceId: string
  organizationId: string
  isRemoved: boolean
  assignmentId: string | null
}

/** @param grace the age in milliseconds under which a difference is ignored. */
export async function findUnfitDevices(
  db: DatabaseConnection,
  range: RowRange,
  grace: number,
): Promise<Sighting[]> {
  const { rows } = await sql<Row>`
    select device.id as "deviceId", device.organization_id as "organizationId",
      device.removed_at is not null as "isRemoved", held.id as "assignmentId"
    from devices as device
    left join license_assignments as held on held.device_id = device.id and held.released_at is null
    where ${isWithin(sql`device.id`, range)}
      and (device.removed_at is null) = (held.id is null)
      and ${isOlder(sql`coalesce(device.removed_at, device.created_at)`, grace)}
    order by device.id
  `.execute(db)
  return rows.map(({ deviceId, organizationId, isRemoved, assignmentId }) => ({
    kind: isRemoved ? 'license_of_removed_device' : 'device_without_license',
    subject: deviceId,
    organizationId,
    billingAdapter: null,
    details: { assignmentId },
  }))
}
