import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import { isId } from '../ids.ts'
import type { Page } from '../database/list-page.ts'
import { type Subtree, subtreeEnd } from '../access/subtree.ts'
import { containing } from '../database/text-search.ts'

/** A device. It holds one license from the time it is added until it is removed. */
export interface Device {
  id: string
  organizationId: string
  /** The owner of the pool that its license is from. */
  poolOrganizationId: string
  name: string
  hostname: string | null
  externalId: string | null
  createdAt: Date
  /** When its current license was assigned; for a removed device, its last license. */
  assignedAt: Date
  /** When it was removed. A removed device stays on record, because its usage is billed. */
  removedAt: Date | null
}

/** @returns undefined when it does not exist or is outside of the subtree. Callers must not tell the two apart. */
export async function findDevice(
  db: DatabaseConnection,
  subtree: Subtree,
  id: string,
): Promise<Device | undefined> {
  if (!isId(id, 'dev')) return undefined
  return devicesIn(db)
    .innerJoin('organizations as organization', 'organization.id', 'device.organization_id')
    .where('device.id', '=', id)
    .where('organization.path', '>=', subtree)
    .where('organization.path', '<', subtreeEnd(subtree))
    .executeTakeFirst()
}

export async function readDevice(db: DatabaseConnection, id: string): Promise<Device> {
  return devicesIn(db).where('device.id', '=', id).executeTakeFirstOrThrow()
}

/**
 * The devices of one organization that are not removed, oldest first. Devices of organizations below it are not included.
 * @param filter `search` matches part of the name, the hostname or the external id, in upper or lower case.
 */
export async function listDevices(
  db: DatabaseConnection,
  organizationId: string,
  filter: Page & { search?: string | undefined },
): Promise<Device[]> {
  let query = devicesIn(db)
    .where('device.organization_id', '=', organizationId)
    .where('device.removed_at', 'is', null)
    .orderBy('device.id')
    .limit(filter.limit)
  if (filter.after !== undefined) query = query.where('device.id', '>', filter.after)
  if (filter.search !== undefined) {
    const pattern = containing(filter.search)
    query = query.where((eb) =>
      eb.or([
        eb('device.name', 'ilike', pattern),
        eb('device.hostname', 'ilike', pattern),
        eb('device.external_id', 'ilike', pattern),
      ]),
    )
  }
  return query.execute()
}

function devicesIn(db: DatabaseConnection) {
  return db
    .selectFrom('devices as device')
    .innerJoinLateral(
      (eb) =>
        eb
          .selectFrom('license_assignments')
          .select(['pool_organization_id', 'assigned_at'])
          .whereRef('device_id', '=', 'device.id')
          .orderBy('assigned_at', 'desc')
          .limit(1)
          .as('assignment'),
      (join) => join.on(sql.lit(true)),
    )
    .select(['device.id', 'device.organization_id as organizationId', 'device.name', 'device.hostname'])
    .select(['device.external_id as externalId', 'device.created_at as createdAt'])
    .select(['device.removed_at as removedAt', 'assignment.assigned_at as assignedAt'])
    .select('assignment.pool_organization_id as poolOrganizationId')
}
