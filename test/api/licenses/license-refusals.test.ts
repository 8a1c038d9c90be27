import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deviceExamples } from '../../../api/devices/schemas.ts'
import type { AccountType } from '../../../domain/organizations/organization-types.ts'
import { anOrganization } from '../../builders/organization.ts'
import { type ApiUnderTest, startApi } from '../api-under-test.ts'
import { deviceCalls, expectRefusal } from '../devices/device-calls.ts'

let api: ApiUnderTest
let calls: ReturnType<typeof deviceCalls>
beforeAll(async () => {
  api = await startApi()
  calls = deviceCalls(api)
})
afterAll(() => api.close())

const soon = new Date(Date.now() + 86_400_000)
const before = new Date(Date.now() - 1_000)

const setStatus = (id: string, status: 'active' | 'suspended' | 'closed') =>
  api.db.updateTable('organizations').set({ status }).where('id', '=', id).execute()
const setPlanStatus = (id: string, status: 'expired' | 'suspended' | 'cancelled') =>
  api.db.updateTable('subscriptions').set({ status }).where('organization_id', '=', id).execute()

describe('no device takes a license', () => {
  test('when all are assigned', async () => {
    const account = await calls.anAccount({ licenses: 1 })
    await calls.add(account)
    expectRefusal(await calls.add(account), 'licenses_exhausted', /Remove a device.*move.*raise the limit/)
  })

  test.each<AccountType>(['partner', 'enterprise'])('of a %s without a plan', async (type) => {
    const account = await calls.anAccount(undefined, type)
    expectRefusal(await calls.add(account), 'no_licenses', /with a plan/)
  })

  test('of the platform', async () => {
    expectRefusal(await calls.add('root'), 'no_licenses', /with a plan/)
  })

  test('after the trial, but those that have one keep it', async () => {
    const account = await calls.anAccount({ trialEndsAt: soon })
    const { body: device } = await calls.add(account, deviceExamples.laptop)
    await api.db
      .updateTable('subscriptions')
      .set({ trial_ends_at: before })
      .where('organization_id', '=', account)
      .execute()
    expectRefusal(await calls.add(account), 'trial_ended', /Convert/)
    expectRefusal(await calls.move(device.id), 'trial_ended', /Convert/)
    expect((await calls.add(account, deviceExamples.laptop)).status).toBe(200)
    expect((await calls.read(device.id)).removedAt).toBeNull()
  })

  test('of an expired trial, whatever the clock says', async () => {
    const account = await calls.anAccount({ trialEndsAt: soon })
    await setPlanStatus(account, 'expired')
    expectRefusal(await calls.add(account), 'trial_ended', /Convert/)
  })

  test.each(['suspended', 'cancelled'] as const)('of a plan that is %s', async (status) => {
    const account = await calls.anAccount({})
    await setPlanStatus(account, status)
    const answer = await calls.add(account)
    expectRefusal(answer, 'subscription_not_active', /Restore/)
    expect(answer.body.detail).toContain(status)
  })

  test.each(['suspended', 'closed'] as const)(
    'of an organization that is %s, but one can be removed',
    async (status) => {
      const account = await calls.anAccount({})
      const { body: device } = await calls.add(account)
      await setStatus(account, status)
      expectRefusal(await calls.add(account), 'organization_not_active', /Restore/)
      expectRefusal(await calls.move(device.id), 'organization_not_active', /Restore/)
      expect((await calls.remove(device.id)).status).toBe(204)
    },
  )

  test('below an enterprise or a unit that is suspended', async () => {
    const enterprise = await calls.anAccount({}, 'enterprise')
    const unit = await anOrganization(api.db, enterprise, { type: 'unit' })
    const lower = await anOrganization(api.db, unit, { type: 'unit' })
    for (const id of [enterprise, unit]) {
      await setStatus(id, 'suspended')
      const answer = await calls.add(lower)
      expectRefusal(answer, 'organization_not_active', /Restore/)
      expect(answer.body.detail).toContain(id)
      await setStatus(id, 'active')
    }
    expect((await calls.add(lower)).status).toBe(201)
  })
})
