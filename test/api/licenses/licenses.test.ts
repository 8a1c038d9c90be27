import { expect, test } from 'vitest'
import { anOrganization } from '../../builders/organization.ts'
import { startApiForFile } from '../api-under-test.ts'
import { deviceCalls, expectRefusal, namesIn } from '../devices/device-calls.ts'

const api = await startApiForFile()
const calls = deviceCalls(api)

test('Units of units share the pool of their enterprise, and each unit lists its own devices', async () => {
  const enterprise = await calls.anAccount({ licenses: 3 }, 'enterprise')
  const unit = await anOrganization(api.db, enterprise, { type: 'unit' })
  const lower = await anOrganization(api.db, unit, { type: 'unit' })
  const all = [enterprise, unit, lower]
  for (const id of all) {
    const { body } = await calls.add(id, { name: id })
    expect(body).toMatchObject({ organizationId: id, poolOrganizationId: enterprise })
  }
  for (const id of all) {
    expectRefusal(await calls.add(id), 'licenses_exhausted', /Remove a device/)
    expect(await calls.licensesOf(id)).toMatchObject({
      poolOrganizationId: enterprise,
      assigned: 3,
      usedThisMonth: 3,
    })
    expect(namesIn(await calls.list(id))).toEqual([id])
  }
})

test('A license that was released before this month does not count as used in this month', async () => {
  const account = await calls.anAccount({})
  const [long, short] = [(await calls.add(account)).body.id, (await calls.add(account)).body.id]
  await calls.remove(short)
  const start = new Date()
  start.setUTCDate(1)
  start.setUTCHours(0, 0, 0, 0)
  const release = (released_at: Date | null, id: unknown) =>
    api.db
      .updateTable('license_assignments')
      .set({ assigned_at: new Date(start.getTime() - 86_400_000), released_at })
      .where('device_id', '=', String(id))
      .execute()
  await release(null, long)
  await release(start, short)
  expect(await calls.licensesOf(account)).toMatchObject({ assigned: 1, usedThisMonth: 1 })
  await release(new Date(start.getTime() + 1), short)
  expect(await calls.licensesOf(account)).toMatchObject({ assigned: 1, usedThisMonth: 2 })
})
