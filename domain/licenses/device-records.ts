import { sql, type Transaction } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Database } from '../database/tables.ts'
import type { Device } from './read-devices.ts'
import { newId } from '../ids.ts'

/** A device as people describe it. */
export interface DeviceDescription {
  name: string
  hostname?: string | undefined
  /** Its id in the caller's own system: it names one device of the organization for good. */
  externalId?: string | undefined
}

/** A device that was known before under its external id, held until the transaction ends. */
export interface KnownDevice {
  id: string
  isRemoved: boolean
}

export async function lockKnownDevice(
  transaction: Transaction<Database>,
  organizationId: string,
  externalId: string | undefined,
): Promise<KnownDevice | undefined> {
  if (externalId === undefined) return undefined
  const row = await transaction
    .selectFrom('devices')
    .select(['id', 'removed_at'])
    .where('organization_id', '=', organizationId)
    .where('external_id', '=', externalId)
    .forUpdate()
    .executeTakeFirst()
  return row && { id: row.id, isRemoved: row.removed_at !== null }
}

/** Brings name and hostname up to date. What is left out stays as it is. */
export async function describeDevice(
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
 * Notes a device and the license that it takes. One that comes back is the same device, so a month in which it was away
 * for a while counts it once.
 * The license is assigned from now on, not from when the transaction began, which may have waited for the pool's lock.
 * @param taking `known` is the removed device of the same external id. The caller holds the lock and has checked that a
 * license is free.
 */
export async function insertLicensedDevice(
  transaction: Transaction<Database>,
  taking: {
    organizationId: string
    poolOrganizationId: string
    known: KnownDevice | undefined
    description: DeviceDescription
  },
): Promise<Device> {
  const { organizationId, poolOrganizationId, known, description } = taking
  // Told by webhook as license.assigned: see database/schema/webhook-events.sql.
  const { rows } = await sql<Device>`
    with device as (
      insert into devices (id, organization_id, name, hostname, external_id)
      values (${known?.id ?? newId('dev')}, ${organizationId}, ${description.name}, ${description.hostname ?? null},
        ${description.externalId ?? null})
      on conflict (id) do update set removed_at = null, name = excluded.name,
        hostname = coalesce(excluded.hostname, devices.hostname)
      returning *
    ), assignment as (
      insert into license_assignments (id, pool_organization_id, device_id, assigned_at)
      select ${newId('lic')}, ${poolOrganizationId}, id, clock_timestamp() from device
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

/** Frees the license of a device and keeps its rows. @returns whether it held one until now. */
export async function releaseDevice(db: DatabaseConnection, id: string): Promise<boolean> {
  // Told by webhook as license.released: see database/schema/webhook-events.sql.
  // One statement, so that a device without a license is never seen; not before it was assigned, if a clock went back.
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

/** Frees the license that a removed device still holds, from when it was removed. @returns whether it held one until now. */
export async function freeLicenseOfRemoved(db: DatabaseConnection, id: string): Promise<boolean> {
  // Told by webhook as license.released: see database/schema/webhook-events.sql.
  const { rows } = await sql`
    update license_assignments as assignment set released_at = greatest(device.removed_at, assigned_at)
    from devices as device
    where device.id = ${id} and device.removed_at is not null
      and assignment.device_id = device.id and assignment.released_at is null
    returning assignment.id
  `.execute(db)
  return rows.length > 0
}
