import type { Transaction } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Database } from '../database/tables.ts'
import {
  describeDevice,
  type DeviceDescription,
  insertLicensedDevice,
  type KnownDevice,
  lockKnownDevice,
  releaseDevice,
} from './device-records.ts'
import { type Device, readDevice } from './read-devices.ts'
import { noteDeviceChange } from '../organizations/organization-changes.ts'
import { findPoolOrganization, lockLicensePool, type LockedPool } from './license-pools.ts'
import { checkDraw, type Draw, type LicenseRefusal } from './license-refusals.ts'
import { holdPlace } from '../organizations/organization-tree.ts'

/** What became of a device that wants a license. `known`: it is there already, and keeps the license that it holds. */
export type Licensing =
  | { outcome: 'licensed' | 'known'; device: Device }
  | { outcome: 'refused'; refusal: LicenseRefusal }
  /** The organization was taken back meanwhile. */
  | { outcome: 'gone' }

/** `removed`: the device holds no license any more. `taken`: the new device is there already, with its own license. */
export type Moving = Licensing | { outcome: 'removed' } | { outcome: 'taken' }

/** @param actor the id of an API key. */
interface DeviceRequest {
  description: DeviceDescription
  actor: string
}

/**
 * Adds a device, which takes a license. A device that is known by its external id takes no second one: its name and
 * hostname are brought up to date.
 */
export async function addDevice(
  db: DatabaseConnection,
  organizationId: string,
  { description, actor }: DeviceRequest,
): Promise<Licensing> {
  return db.transaction().execute(async (transaction) => {
    const draw = await lockDraw(transaction, organizationId)
    if (draw === undefined) return { outcome: 'gone' }
    const known = await lockKnownDevice(transaction, organizationId, description.externalId)
    if (known?.isRemoved === false) return update(transaction, known, description)

    const checked = await checkDraw(transaction, draw)
    if ('refusal' in checked) return { outcome: 'refused', ...checked }
    const { pool } = checked
    if (pool.allocated !== null && pool.assigned >= pool.allocated) {
      return { outcome: 'refused', refusal: { reason: 'licenses_exhausted', allocated: pool.allocated } }
    }
    return takeLicense(transaction, pool, { organizationId, known, description, actor, from: null })
  })
}

/**
 * Gives the license of a device to a new one of the same organization, which also works when no license is free. Once
 * it was done, doing it again answers with the new device, if that has an external id.
 */
export async function moveLicense(
  db: DatabaseConnection,
  from: Device,
  { description, actor }: DeviceRequest,
): Promise<Moving> {
  const { organizationId } = from
  return db.transaction().execute(async (transaction) => {
    const draw = await lockDraw(transaction, organizationId)
    if (draw === undefined) return { outcome: 'gone' }
    const known = await lockKnownDevice(transaction, organizationId, description.externalId)
    if (known?.isRemoved === false) {
      const isDone = known.id === from.id || (await readDevice(transaction, from.id)).removedAt !== null
      return isDone ? update(transaction, known, description) : { outcome: 'taken' }
    }
    const checked = await checkDraw(transaction, draw)
    if ('refusal' in checked) return { outcome: 'refused', ...checked }
    if (!(await releaseDevice(transaction, from.id))) return { outcome: 'removed' }
    const { pool } = checked
    return takeLicense(transaction, pool, { organizationId, known, description, actor, from: from.id })
  })
}

/** Removes a device and frees its license. Removing one that is removed is harmless. */
export async function removeDevice(db: DatabaseConnection, device: Device, actor: string): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    if (!(await releaseDevice(transaction, device.id))) return
    const { organizationId, id } = device
    await noteDeviceChange(transaction, { organizationId, actor, from: id, to: null })
  })
}

/** What an organization draws on. Nobody else takes a license of it until the transaction ends. */
async function lockDraw(
  transaction: Transaction<Database>,
  organizationId: string,
): Promise<Draw | undefined> {
  const organization = await holdPlace(transaction, organizationId)
  if (organization === undefined) return undefined
  const poolOrganizationId = await findPoolOrganization(transaction, organization)
  const pool =
    poolOrganizationId === null ? undefined : await lockLicensePool(transaction, poolOrganizationId)
  return { organization, poolOrganizationId, pool }
}

async function update(
  transaction: Transaction<Database>,
  { id }: KnownDevice,
  description: DeviceDescription,
): Promise<Licensing> {
  await describeDevice(transaction, id, description)
  return { outcome: 'known', device: await readDevice(transaction, id) }
}

/** @param taking `from` is the device that the license is moved away from. */
async function takeLicense(
  transaction: Transaction<Database>,
  { organizationId: poolOrganizationId }: LockedPool,
  taking: DeviceRequest & { organizationId: string; known: KnownDevice | undefined; from: string | null },
): Promise<Licensing> {
  const { actor, from, ...rest } = taking
  const device = await insertLicensedDevice(transaction, { ...rest, poolOrganizationId })
  const { organizationId, id: to } = device
  await noteDeviceChange(transaction, { organizationId, actor, from, to })
  return { outcome: 'licensed', device }
}
