import type { Transaction } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Database } from '../database/tables.ts'
import {
  updateDevice,
  type DeviceDescription,
  insertLicensedDevice,
  type KnownDevice,
  lockKnownDevice,
  releaseDevice,
} from './device-records.ts'
import { type Device, readDevice } from './read-devices.ts'
import { recordDeviceChange } from '../organizations/record-change.ts'
import { findPoolOrganization, lockLicensePool, type LockedPool } from './license-pools.ts'
import { checkDraw, type Draw, type LicenseRefusal } from './license-refusals.ts'
import { holdPlace } from '../organizations/organization-tree.ts'

/** The result of adding a device. `known`: the device exists and keeps its license. */
export type AddDeviceOutcome =
  | { outcome: 'licensed' | 'known'; device: Device }
  | { outcome: 'refused'; refusal: LicenseRefusal }
  /** The organization was removed in the meantime. */
  | { outcome: 'gone' }

/**
 * The result of moving a license. `removed`: the old device was removed and holds no license. `taken`: the new device
 * already exists and has its own license.
 */
export type MoveLicenseOutcome = AddDeviceOutcome | { outcome: 'removed' } | { outcome: 'taken' }

/** @param actor the id of an API key. */
interface DeviceRequest {
  description: DeviceDescription
  actor: string
}

/**
 * Adds a device, which takes a license. When the organization already has a device with this external id, its name and
 * hostname are updated and it keeps its license.
 */
export async function addDevice(
  db: DatabaseConnection,
  organizationId: string,
  { description, actor }: DeviceRequest,
): Promise<AddDeviceOutcome> {
  return db.transaction().execute(async (transaction) => {
    const draw = await lockDraw(transaction, organizationId)
    if (draw === undefined) return { outcome: 'gone' }
    const known = await lockKnownDevice(transaction, { ...draw, organizationId }, description.externalId)
    if (known?.isRemoved === false) return updateKnownDevice(transaction, known, description)

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
 * Moves the license of a device to a new device of the same organization. It needs no free license. A repeated call returns
 * the new device, if that device has an external id.
 */
export async function moveLicense(
  db: DatabaseConnection,
  from: Device,
  { description, actor }: DeviceRequest,
): Promise<MoveLicenseOutcome> {
  const { organizationId } = from
  return db.transaction().execute(async (transaction) => {
    const draw = await lockDraw(transaction, organizationId)
    if (draw === undefined) return { outcome: 'gone' }
    const known = await lockKnownDevice(transaction, { ...draw, organizationId }, description.externalId)
    if (known?.isRemoved === false) {
      const isDone = known.id === from.id || (await readDevice(transaction, from.id)).removedAt !== null
      return isDone ? updateKnownDevice(transaction, known, description) : { outcome: 'taken' }
    }
    const checked = await checkDraw(transaction, draw)
    if ('refusal' in checked) return { outcome: 'refused', ...checked }
    if (!(await releaseDevice(transaction, from.id))) return { outcome: 'removed' }
    const { pool } = checked
    return takeLicense(transaction, pool, { organizationId, known, description, actor, from: from.id })
  })
}

/** Removes a device and frees its license. A device that is already removed is not changed. @param actor an API key id. */
export async function removeDevice(db: DatabaseConnection, device: Device, actor: string): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    if (!(await releaseDevice(transaction, device.id))) return
    const { organizationId, id } = device
    await recordDeviceChange(transaction, { organizationId, actor, from: id, to: null })
  })
}

/** Locks the pool that an organization draws on. Until the transaction ends, no other device takes a license from it. */
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

async function updateKnownDevice(
  transaction: Transaction<Database>,
  { id }: KnownDevice,
  description: DeviceDescription,
): Promise<AddDeviceOutcome> {
  await updateDevice(transaction, id, description)
  return { outcome: 'known', device: await readDevice(transaction, id) }
}

/** @param assignment `from` is the device that gives up its license; null when the license was free. */
async function takeLicense(
  transaction: Transaction<Database>,
  { organizationId: poolOrganizationId }: LockedPool,
  assignment: DeviceRequest & { organizationId: string; known: KnownDevice | undefined; from: string | null },
): Promise<AddDeviceOutcome> {
  const { actor, from, ...rest } = assignment
  const device = await insertLicensedDevice(transaction, { ...rest, poolOrganizationId })
  const { organizationId, id: to } = device
  await recordDeviceChange(transaction, { organizationId, actor, from, to })
  return { outcome: 'licensed', device }
}
