import { sql, type Transaction } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Database } from '../database/tables.ts'
import type { Device } from './read-devices.ts'
import { newId } from '../ids.ts'

export interface DeviceDescription {
  name: string
  hostname?: string | undefined
  /** Its id in the caller's own system. It permanently names one device of the organization. */
  externalId?: string | undefined
}

/** A device that is on record under its external id. Its row is locked until the transaction ends. */
export interface KnownDevice {
  id: string
  isRemoved: boolean
}

/**
 * Finds the device of an organization with this external id, also when it was removed. Without one it finds a removed device of
 * another organization that draws on the same pool: adding it here moves it here, so that a month counts it once.
 */
export async function lockKnownDevice(
  transaction: Transaction<Database>,
  { organizationId, poolOrganizationId }: { organizationId: string; poolOrganizationId: string | null },
  externalId: string | undefined,
): Promise<KnownDevice | undefined> {
  if (externalId === undefined) return undefined
  const row = await transaction
    .selectFrom('devices')
    .select(['id', 'removed_at'])
    .where('external_id', '=', externalId)
    .where((eb) =>
      eb.or([
        eb('organization_id', '=', organizationId),
        eb.and([
          eb('removed_at', 'is not', null),
          eb.exists(
            eb
              .selectFrom('license_assignments as held')
              .select('held.id')
              .whereRef('held.device_id', '=', 'devices.id')
              .where('held.pool_organization_id', '=', poolOrganizationId),
          ),
        ]),
      ]),
    )
    .orderBy((eb) => eb('organization_id', '=', organizationId), 'desc')
    .orderBy('removed_at', 'desc')
    .limit(1)
    .forUpdate()
    .executeTakeFirst()
  return row && { id: row.id, isRemoved: row.removed_at !== null }
}

export async function updateDevice(
  transaction: Transaction<Database>,
  id: string,
  { name, hostname }: DeviceDescription,
): Promise<void> {
  await transaction
    .updateTable('devices')
    .set({ name, ...(hostname === undefined ? {} : { hostname }) })
    .where('id', '=', id)
    .execute()
}

/**
 * Stores a device and assigns a license to it. A removed device with the same external id is stored as the same device. The assignment starts now and not at the start of the transaction, which may have waited for
 * the lock of the pool.
 * @param assignment `known` is the removed device of the same external id. The caller holds the lock and has checked that a
 * license is free.
 */
export async function insertLicensedDevice(
  transaction: Transaction<Database>,
  assignment: {
    organizationId: string
    poolOrganizationId: string
    known: KnownDevice | undefined
    description: DeviceDescription
  },
): Promise<Device> {
  const { organizationId, poolOrganizationId, known, description } = assignment
  // Sends the webhook event license.assigned: see database/schema/webhook-events.sql.
  const { rows } = await sql<Device>`
    with device as (
      insert into devices (id, organization_id, name, hostname, external_id)
      values (${known?.id ?? newId('dev')}, ${organizationId}, ${description.name}, ${description.hostname ?? null},
        ${description.externalId ?? null})
      on conflict (id) do update set removed_at = null, organization_id = excluded.organization_id, name = excluded.name,
        hostname = coalesce(excluded.hostname, devices.hostname)
      returning *
    ), assignment as (
      insert into license_assignments (id, pool_organization_id, organization_id, device_id)
      select ${newId('lic')}, ${poolOrganizationId}, organization_id, id from device
      returning *
    )
    select device.id, device.organization_id as "organizationId", device.name, device.hostname,
      device.external_id as "externalId", device.created_at as "createdAt", device.removed_at as "removedAt",
      assignment.pool_organization_id as "poolOrganizationId", assignment.assigned_at as "assignedAt"
    from device cross join assignment
  `.execute(transaction)
  const [device] = rows
  if (device === undefined) throw new Error('An insert without a condition answers with its row')
  return device
}

/** Removes a device and frees its license. The rows are kept. @returns whether the device held a license. */
export async function releaseDevice(db: DatabaseConnection, id: string): Promise<boolean> {
  // Sends the webhook event license.released: see database/schema/webhook-events.sql.
  // One statement, so that no reader sees a device without a license. greatest() covers a clock that was set back.
  const { rows } = await sql`
    with removed as (
      update devices set removed_at = clock_timestamp() where id = ${id} and removed_at is null
      returning id, removed_at
    )
    update license_assignments as assignment set released_at = greatest(removed_at, assigned_at)
    from removed
    where assignment.device_id = removed.id and assignment.released_at is null
    returning assignment.id
  `.execute(db)
  return rows.length > 0
}

/** Frees the license of a removed device from the time of its removal. @returns whether the device held a license. */
export async function freeLicenseOfRemoved(db: DatabaseConnection, id: string): Promise<boolean> {
  // Sends the webhook event license.released: see database/schema/webhook-events.sql.
  const { rows } = await sql`
    update license_assignments as assignment set released_at = greatest(device.removed_at, assigned_at)
    from devices as device
    where device.id = ${id} and device.removed_at is not null
      and assignment.device_id = device.id and assignment.released_at is null
    returning assignment.id
  `.execute(db)
  return rows.length > 0
}
