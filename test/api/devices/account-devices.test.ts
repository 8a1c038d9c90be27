import { describe, expect, test } from 'vitest'
import { anAccountBody } from '../../builders/account-body.ts'
import { rowsOf } from '../../builders/rows.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'

// Devices of accounts that a real run adds and undoes.

const { engine, api } = await startEngineForFile()

const addDevice = (organizationId: unknown) =>
  api.post(`/v1/organizations/${String(organizationId)}/devices`, { name: 'Laptop' })

/** Adds an account whose message can not be delivered, so that every other step is done and the run needs attention. */
async function stuckAccount(name: string) {
  const email = `${name}@example.com`
  engine.mailbox.unknownRecipients.add(email)
  const { body } = await api.addAccount(anAccountBody({ name, email }))
  expect(body.status).toBe('needs_attention')
  return body
}

test('A partner without licenses adds accounts that have their own licenses', async () => {
  const { body: partner } = await api.addAccount({
    type: 'partner',
    company: { name: 'Contoso', state: 'WA' },
  })
  const plan = { kind: 'purchased', licenses: 1 }
  const customers = await Promise.all(
    ['One', 'Two'].map((name) =>
      api.post(`/v1/organizations/${partner.organizationId}/accounts`, anAccountBody({ name, plan }), {
        prefer: 'wait=20',
      }),
    ),
  )
  for (const { body } of customers) {
    const device = await addDevice(body.organizationId)
    expect([device.status, device.body.poolOrganizationId]).toEqual([201, body.organizationId])
    expect((await addDevice(body.organizationId)).body.code).toBe('licenses_exhausted')
  }
  expect((await addDevice(partner.organizationId)).body.code).toBe('no_licenses')
})

const stepOf = async (run: string, id: string) =>
  (await api.get(`/v1/onboardings/${run}`)).body.steps.find((step: { id: string }) => step.id === id)
const errorOf = async (run: string, step: string) => (await stepOf(run, step)).error
const wait = { prefer: 'wait=20' }

describe('A cancelled account', () => {
  test('A cancel waits until the usage is billed and the devices are removed, and keeps their history', async () => {
    const stuck = await stuckAccount('used')
    const { body: device } = await addDevice(stuck.organizationId)
    await api.send('POST', `/v1/onboardings/${stuck.id}/cancel`)
    await expect
      .poll(() => errorOf(stuck.id, 'provision-licenses'))
      .toMatchObject({ code: 'usage_not_billed', nextAction: expect.stringContaining('Close the account') })
    expect((await api.get(`/v1/devices/${device.id}`)).body).toEqual(device)

    const closed = await api.post(`/v1/organizations/${stuck.organizationId}/close`, {}, wait)
    expect(closed.body.status).toBe('completed')
    await api.send('POST', `/v1/onboardings/${stuck.id}/retry`)
    await expect
      .poll(() => errorOf(stuck.id, 'provision-licenses'))
      .toMatchObject({ code: 'licenses_in_use', nextAction: expect.stringContaining('Remove the devices') })
    const headers = { authorization: `Bearer ${engine.apiKey}` }
    await api.app.inject({ method: 'DELETE', url: `/v1/devices/${device.id}`, headers })
    await api.send('POST', `/v1/onboardings/${stuck.id}/retry`)
    await api.until(stuck.id, 'cancelled')
    const organization = await api.get(`/v1/organizations/${stuck.organizationId}`)
    expect(organization.body.status).toBe('closed')
    const month = new Date().toISOString().slice(0, 7)
    const statement = await api.get(`/v1/organizations/${stuck.organizationId}/statements/${month}`)
    expect(statement.body.totals).toMatchObject({ billed: { trial: 1 }, unbilled: { trial: 0 } })
    expect((await api.get(`/v1/devices/${device.id}`)).body.removedAt).toMatch(/^2/)
    expect((await addDevice(stuck.organizationId)).body.code).toBe('organization_not_active')
  })

  test('A cancel leaves no subscription open that replaced the one of the onboarding', async () => {
    const stuck = await stuckAccount('restored')
    for (const change of ['suspend', 'restore'])
      await api.post(`/v1/organizations/${stuck.organizationId}/${change}`, {}, wait)
    await api.send('POST', `/v1/onboardings/${stuck.id}/cancel`)
    await expect
      .poll(() => errorOf(stuck.id, 'provision-licenses'))
      .toMatchObject({ code: 'subscription_replaced' })
    await api.post(`/v1/organizations/${stuck.organizationId}/close`, {}, wait)
    await api.send('POST', `/v1/onboardings/${stuck.id}/retry`)
    await api.until(stuck.id, 'cancelled')
    const subscriptions = await rowsOf(engine.db, 'ledger_records', {
      organization_id: stuck.organizationId,
      kind: 'subscription',
    })
    expect(subscriptions.map(({ cancelled_at }) => cancelled_at)).toEqual([
      expect.any(Date),
      expect.any(Date),
    ])
  })

  test('A cancel deletes the account if no device ever used a license', async () => {
    const stuck = await stuckAccount('unused')
    await api.send('POST', `/v1/onboardings/${stuck.id}/cancel`)
    await api.until(stuck.id, 'cancelled')
    expect((await api.get(`/v1/organizations/${stuck.organizationId}`)).status).toBe(404)
  })
})
