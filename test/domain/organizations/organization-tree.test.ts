import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addDevice, removeDevice } from '../../../domain/licenses/assign-licenses.ts'
import { lockLicensePool } from '../../../domain/licenses/license-pools.ts'
import { deleteEmptyOrganization } from '../../../domain/organizations/organization-tree.ts'
import { platformId } from '../../../domain/organizations/read-organizations.ts'
import { anOrganization } from '../../builders/organization.ts'
import { aPlan } from '../../builders/plan.ts'
import { freshDatabase, type TestDatabase } from '../../stack/database.ts'

let database: TestDatabase
let enterprise: string
beforeAll(async () => {
  database = await freshDatabase()
  enterprise = await anOrganization(database.db, await platformId(database.db), { type: 'enterprise' })
  await aPlan(database.db, enterprise)
})
afterAll(() => database.drop())

const aUnit = () => anOrganization(database.db, enterprise, { type: 'unit' })
const add = (organizationId: string) =>
  addDevice(database.db, organizationId, { description: { name: 'Laptop' }, actor: 'key_of_a_test' })
const takeBack = (id: string) =>
  database.db.transaction().execute((transaction) => deleteEmptyOrganization(transaction, id))
const statusOf = async (id: string) =>
  (await database.db.selectFrom('organizations').select('status').where('id', '=', id).executeTakeFirst())
    ?.status

async function blockedSessions(): Promise<number> {
  const { rows } = await sql`
    select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
  `.execute(database.db)
  return rows.length
}

test('an organization is taken back while it is empty', async () => {
  const unit = await aUnit()
  expect([await takeBack(unit), await statusOf(unit)]).toEqual([true, undefined])
})

test('one with a device is not, and one whose devices were removed is closed and keeps them', async () => {
  const unit = await aUnit()
  const [stays, goes] = [await add(unit), await add(unit)]
  if (stays.outcome !== 'licensed' || goes.outcome !== 'licensed') throw new Error('There are licenses')
  await removeDevice(database.db, goes.device, 'key_of_a_test')
  expect([await takeBack(unit), await statusOf(unit)]).toEqual([false, 'active'])
  await removeDevice(database.db, stays.device, 'key_of_a_test')
  expect([await takeBack(unit), await statusOf(unit)]).toEqual([true, 'closed'])
  const kept = await database.db
    .selectFrom('license_assignments')
    .innerJoin('devices', 'devices.id', 'license_assignments.device_id')
    .select('devices.id')
    .where('devices.organization_id', '=', unit)
    .execute()
  expect(kept).toHaveLength(2)
})

test('one to which a device is being added waits for it, and is not taken back', async () => {
  const unit = await aUnit()
  const waiting = await database.db.transaction().execute(async (holder) => {
    await lockLicensePool(holder, enterprise)
    const adding = add(unit)
    await expect.poll(blockedSessions).toBe(1)
    const takingBack = takeBack(unit)
    await expect.poll(blockedSessions).toBe(2)
    return [adding, takingBack] as const
  })
  const [added, taken] = await Promise.all(waiting)
  expect([added.outcome, taken, await statusOf(unit)]).toEqual(['licensed', false, 'active'])
})

test('a device that comes to one that was just taken back finds it gone', async () => {
  const unit = await aUnit()
  await takeBack(unit)
  expect(await add(unit)).toEqual({ outcome: 'gone' })
})
