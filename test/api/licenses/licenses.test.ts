import { describe, expect, test } from 'vitest'
import { deviceExamples } from '../../../api/devices/schemas.ts'
import type { AccountType } from '../../../domain/organizations/organization-types.ts'
import { anOrganization, setStatus } from '../../builders/organization.ts'
import { startApiForFile } from '../api-under-test.ts'
import { deviceCalls, expectRefusal, namesIn } from '../devices/device-calls.ts'
import { changeRows } from '../../builders/rows.ts'

const api = await startApiForFile()
const calls = deviceCalls(api)

const soon = new Date(Date.now() + 86_400_000)
const before = new Date(Date.now() - 1_000)

const setPlanStatus = (id: string, status: 'expired' | 'suspended' | 'cancelled') =>
  changeRows(api.db, 'subscriptions', { organization_id: id }, { status })

describe('A device gets no license', () => {
  test('A device is refused when all licenses are assigned', async () => {
    const account = await calls.anAccount({ licenses: 1 })
    await calls.add(account)
    expectRefusal(await calls.add(account), 'licenses_exhausted', /Remove a device.*move.*raise the limit/)
  })

  test.each<AccountType>(['partner', 'enterprise'])(
    'A device of a %s without a plan is refused',
    async (type) => {
      const account = await calls.anAccount(undefined, type)
      expectRefusal(await calls.add(account), 'no_licenses', /with a plan/)
    },
  )

  test('A device of the platform is refused', async () => {
    expectRefusal(await calls.add('root'), 'no_licenses', /with a plan/)
  })

  test('A new device is refused after the trial, and devices with a license keep it', async () => {
    const account = await calls.anAccount({ trialEndsAt: soon })
    const { body: device } = await calls.add(account, deviceExamples.laptop)
    await changeRows(api.db, 'subscriptions', { organization_id: account }, { trial_ends_at: before })
    expectRefusal(await calls.add(account), 'trial_ended', /Convert/)
    expectRefusal(await calls.move(device.id), 'trial_ended', /Convert/)
    expect((await calls.add(account, deviceExamples.laptop)).status).toBe(200)
    expect((await calls.read(device.id)).removedAt).toBeNull()
  })

  test('A device is refused when the trial has the status `expired`, even before its end', async () => {
    const account = await calls.anAccount({ trialEndsAt: soon })
    await setPlanStatus(account, 'expired')
    expectRefusal(await calls.add(account), 'trial_ended', /Convert/)
  })

  test.each(['suspended', 'cancelled'] as const)(
    'A device is refused when the plan is %s',
    async (status) => {
      const account = await calls.anAccount({})
      await setPlanStatus(account, status)
      const answer = await calls.add(account)
      expectRefusal(answer, 'subscription_not_active', /Restore/)
      expect(answer.body.detail).toContain(status)
    },
  )

  test.each(['suspended', 'closed'] as const)(
    'A %s organization gets no new device, but its devices can be removed',
    async (status) => {
      const account = await calls.anAccount({})
      const { body: device } = await calls.add(account)
      await setStatus(api.db, account, status)
      expectRefusal(await calls.add(account), 'organization_not_active', /Restore/)
      expectRefusal(await calls.move(device.id), 'organization_not_active', /Restore/)
      expect((await calls.remove(device.id)).status).toBe(204)
    },
  )

  test('A device of a unit is refused while the enterprise or a unit above is suspended', async () => {
    const enterprise = await calls.anAccount({}, 'enterprise')
    const unit = await anOrganization(api.db, enterprise, { type: 'unit' })
    const lower = await anOrganization(api.db, unit, { type: 'unit' })
    for (const id of [enterprise, unit]) {
      await setStatus(api.db, id, 'suspended')
      const answer = await calls.add(lower)
      expectRefusal(answer, 'organization_not_active', /Restore/)
      expect(answer.body.detail).toContain(id)
      await setStatus(api.db, id, 'active')
    }
    expect((await calls.add(lower)).status).toBe(201)
  })
})

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
    const pool = { poolOrganizationId: enterprise, assigned: 3, usedThisMonth: 3 }
    expect(await calls.licensesOf(id)).toMatchObject(pool)
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
  const assigned_at = new Date(start.getTime() - 86_400_000)
  await changeRows(api.db, 'plan_periods', { organization_id: account }, { starts_at: assigned_at })
  const release = (released_at: Date | null, id: unknown) =>
    changeRows(api.db, 'license_assignments', { device_id: String(id) }, { assigned_at, released_at })
  await release(null, long)
  await release(start, short)
  expect(await calls.licensesOf(account)).toMatchObject({ assigned: 1, usedThisMonth: 1 })
  await release(new Date(start.getTime() + 1), short)
  expect(await calls.licensesOf(account)).toMatchObject({ assigned: 1, usedThisMonth: 2 })
})
