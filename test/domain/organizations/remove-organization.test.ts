import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { addDevice, removeDevice } from '../../../domain/licenses/assign-licenses.ts'
import { lockLicensePool } from '../../../domain/licenses/license-pools.ts'
import { deleteEmptyOrganization } from '../../../domain/organizations/remove-organization.ts'
import { platformId } from '../../../domain/organizations/read-organizations.ts'
import { anOrganization } from '../../builders/organization.ts'
import { aPlan } from '../../builders/plan.ts'
import { changeRows } from '../../builders/rows.ts'
import { aUser } from '../../builders/user.ts'
import { freshDatabaseForFile } from '../../stack/database.ts'

const { db } = await freshDatabaseForFile()
const enterprise = await anOrganization(db, await platformId(db), { type: 'enterprise' })
await aPlan(db, enterprise)

const aUnit = () => anOrganization(db, enterprise, { type: 'unit' })
const add = (organizationId: string) =>
  addDevice(db, organizationId, { description: { name: 'Laptop' }, actor: 'key_of_a_test' })
const deleteIfEmpty = (id: string) =>
  db.transaction().execute((transaction) => deleteEmptyOrganization(transaction, { id, by: 'onb_test' }))
const statusOf = async (id: string) =>
  (await db.selectFrom('organizations').select('status').where('id', '=', id).executeTakeFirst())?.status

async function blockedSessions(): Promise<number> {
  const { rows } = await sql`
    select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
  `.execute(db)
  return rows.length
}

test('an empty organization is deleted', async () => {
  const unit = await aUnit()
  expect([await deleteIfEmpty(unit), await statusOf(unit)]).toEqual([true, undefined])
})

test('an organization with a device stays, and one with only removed devices is closed and keeps their records', async () => {
  const unit = await aUnit()
  const [stays, goes] = [await add(unit), await add(unit)]
  if (stays.outcome !== 'licensed' || goes.outcome !== 'licensed') throw new Error('There are licenses')
  await removeDevice(db, goes.device, 'key_of_a_test')
  expect([await deleteIfEmpty(unit), await statusOf(unit)]).toEqual([false, 'active'])
  await removeDevice(db, stays.device, 'key_of_a_test')
  expect([await deleteIfEmpty(unit), await statusOf(unit)]).toEqual([true, 'closed'])
  const kept = await db
    .selectFrom('license_assignments')
    .innerJoin('devices', 'devices.id', 'license_assignments.device_id')
    .select('devices.id')
    .where('devices.organization_id', '=', unit)
    .execute()
  expect(kept).toHaveLength(2)
})

test('an organization with a user stays, and one with only deactivated users is closed and keeps their records', async () => {
  const unit = await aUnit()
  const id = await aUser(db, unit, { email: 'unit@example.com' })
  expect([await deleteIfEmpty(unit), await statusOf(unit)]).toEqual([false, 'active'])
  await changeRows(db, 'users', { id }, { email: null, former_email: 'unit@example.com' })
  expect([await deleteIfEmpty(unit), await statusOf(unit)]).toEqual([true, 'closed'])
})

test('an organization is not deleted when a device is being added at the same time', async () => {
  const unit = await aUnit()
  const waiting = await db.transaction().execute(async (holder) => {
    await lockLicensePool(holder, enterprise)
    const adding = add(unit)
    await expect.poll(blockedSessions).toBe(1)
    const deleting = deleteIfEmpty(unit)
    await expect.poll(blockedSessions).toBe(2)
    return [adding, deleting] as const
  })
  const [added, deleted] = await Promise.all(waiting)
  expect([added.outcome, deleted, await statusOf(unit)]).toEqual(['licensed', false, 'active'])
})

test('a device can not be added to a deleted organization', async () => {
  const unit = await aUnit()
  await deleteIfEmpty(unit)
  expect(await add(unit)).toEqual({ outcome: 'gone' })
})
