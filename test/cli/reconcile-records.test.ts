import { expect, test } from 'vitest'
import { anAccountBody } from '../builders/account-body.ts'
import { aLicenseUse } from '../builders/license-use.ts'
import { anOrganization } from '../builders/organization.ts'
import { startReconciledDeployment } from './reconciled-deployment.ts'

// Differences within our tables, such as changes by hand can leave.
const { api, db, provider, addAccount, find, kinds, read, reconcile, remediate } =
  await startReconciledDeployment()

const readOrganization = (id: string) => api.send('GET', `/v1/organizations/${id}`)
const platform = async () => (await readOrganization('root')).body.id

/** Adds a partner with a user, and changes the status of the onboarding to `cancelled` in the table. */
async function aPartnerOfCancelledOnboarding(email: string): Promise<{ partner: string; user: string }> {
  const { plan: _, ...request } = anAccountBody({ type: 'partner', user: { fullName: 'Ann', email } })
  const { body } = await api.addAccount(request)
  await db.updateTable('runs').set({ status: 'cancelled' }).where('id', '=', body.id).execute()
  return { partner: body.organizationId, user: body.userId }
}

test('an organization that no onboarding added can be imported or deleted', async () => {
  const kept = await anOrganization(db, await platform())
  expect(await remediate('import', await find('organization_without_onboarding'))).toMatchObject({ code: 0 })
  expect(await reconcile()).toMatchObject({ code: 0 })
  expect((await readOrganization(kept)).status).toBe(200)

  const removed = await anOrganization(db, await platform())
  const below = await anOrganization(db, removed, { type: 'customer' })
  const above = await find('organization_without_onboarding', removed)
  expect((await remediate('delete', above)).output).toContain('Accounts, users or devices are below it.')
  await remediate('delete', await find('organization_without_onboarding', below))
  expect(await remediate('delete', above)).toMatchObject({ code: 0 })
  expect((await readOrganization(removed)).status).toBe(404)
  expect(await reconcile()).toMatchObject({ code: 0 })
})

test('an organization that is billed cannot be deleted', async () => {
  const account = await addAccount()
  const onboarding = await db
    .updateTable('runs')
    .set({ status: 'cancelled' })
    .where('organization_id', '=', account)
    .returning('id')
    .executeTakeFirstOrThrow()
  const id = await find('organization_of_ended_onboarding')
  expect((await remediate('delete', id)).output).toContain('Close the account instead')
  await db.updateTable('runs').set({ status: 'completed' }).where('id', '=', onboarding.id).execute()
  expect((await remediate('delete', id)).output).toContain('so the finding is closed')
})

test('an organization and a user of a cancelled onboarding can be imported or deleted', async () => {
  const kept = await aPartnerOfCancelledOnboarding('kept@example.com')
  expect(await kinds()).toEqual(['organization_of_ended_onboarding', 'user_of_ended_onboarding'])
  await remediate('import', await find('user_of_ended_onboarding', kept.user))
  await remediate('import', await find('organization_of_ended_onboarding', kept.partner))
  expect(await kinds()).toEqual([])

  const removed = await aPartnerOfCancelledOnboarding('removed@example.com')
  const organization = await find('organization_of_ended_onboarding', removed.partner)
  expect((await remediate('delete', organization)).output).toContain('Remove them first.')
  await remediate('delete', await find('user_of_ended_onboarding', removed.user))
  expect(await remediate('delete', organization)).toMatchObject({ code: 0 })
  expect((await readOrganization(removed.partner)).status).toBe(404)
  expect((await readOrganization(kept.partner)).status).toBe(200)
  expect(await kinds()).toEqual([])
})

test('a missing pool is opened with the licenses of the plan', async () => {
  const account = await addAccount({ plan: { kind: 'purchased', licenses: 4, billingAdapter: 'memory' } })
  await db.deleteFrom('license_pools').where('organization_id', '=', account).execute()
  expect(await remediate('import', await find('license_pool_missing', account))).toMatchObject({ code: 0 })
  const licenses = await api.send('GET', `/v1/organizations/${account}/licenses`)
  expect(licenses.body).toMatchObject({ allocated: 4, available: 4 })
  expect(await reconcile()).toMatchObject({ code: 0 })
})

test('more assigned than allocated licenses can only be corrected by hand', async () => {
  const account = await addAccount()
  for (let i = 0; i < 3; i++)
    await api.send('POST', `/v1/organizations/${account}/devices`, { name: 'Laptop' })
  const allocate = (allocated: number) =>
    db.updateTable('license_pools').set({ allocated }).where('organization_id', '=', account).execute()
  await allocate(2)
  const id = await find('licenses_over_limit', account)
  expect((await remediate('import', id)).output).toContain('remove devices, or raise the number')
  expect(await read(id)).toMatchObject({ details: { allocated: 2, assigned: 3 } })
  await allocate(3)
  expect(await reconcile()).toMatchObject({ code: 0 })
})

test('the license of a removed device is released as of the removal', async () => {
  const account = await addAccount()
  const removed = '2026-09-05T00:00:00Z'
  const device = await aLicenseUse(db, account, { from: '2026-09-01T00:00:00Z', removed })
  const id = await find('license_of_removed_device', device)
  expect(await remediate('delete', id)).toMatchObject({ code: 0 })
  const { released_at: releasedAt } = await db
    .selectFrom('license_assignments')
    .select('released_at')
    .where('device_id', '=', device)
    .executeTakeFirstOrThrow()
  expect(releasedAt).toEqual(new Date(removed))
  expect(await reconcile()).toMatchObject({ code: 0 })
})

test('a device without a license is removed', async () => {
  const account = await addAccount()
  const device = await aLicenseUse(db, account, { to: '2026-09-05T00:00:00Z' })
  expect(await remediate('delete', await find('device_without_license', device))).toMatchObject({ code: 0 })
  const devices = await api.send('GET', `/v1/organizations/${account}/devices`)
  expect(devices.body.items).toEqual([])
  expect(await reconcile()).toMatchObject({ code: 0 })
})

test('an object younger than the grace, or changed by an open run, is not a finding', async () => {
  const account = await addAccount()
  await db.deleteFrom('license_pools').where('organization_id', '=', account).execute()
  expect(await reconcile({ graceMinutes: 60 })).toMatchObject({ code: 0 })
  expect(await kinds()).toEqual(['license_pool_missing'])

  provider.downFor.add(account)
  const { body } = await api.send('POST', `/v1/organizations/${account}/close`, {})
  // The run is a finding itself until its workflow has started.
  await expect.poll(kinds).toEqual([])
  provider.downFor.delete(account)
  await api.send('POST', `/v1/operations/${body.id}/cancel`, {})
})
