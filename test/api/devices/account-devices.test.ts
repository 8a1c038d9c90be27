import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anAccountBody } from '../../builders/account-body.ts'
import { type EngineApi, startApiFor } from '../../stack/api.ts'
import { type Engine, startEngine } from '../../stack/tenantry-command.ts'

// Accounts as the engine makes them and takes them back, and what their devices find.
let engine: Engine
let api: EngineApi

beforeAll(async () => {
  engine = await startEngine()
  api = await startApiFor(engine)
})
afterAll(async () => {
  await api.close()
  await engine.stop()
})

const addDevice = (organizationId: unknown) =>
  api.send('POST', `/v1/organizations/${String(organizationId)}/devices`, { name: 'Laptop' })

/** An account whose invitation can't be delivered, so that it waits for a person with all else done. */
async function stuckAccount(name: string) {
  const email = `${name}@example.com`
  engine.mailbox.unknownRecipients.add(email)
  const { body } = await api.addAccount(
    anAccountBody({ company: { name, state: 'TX' }, user: { fullName: 'Ada', email } }),
  )
  expect(body.status).toBe('needs_attention')
  return body
}

test('a partner without licenses adds accounts, which have their own', async () => {
  const { body: partner } = await api.addAccount({
    type: 'partner',
    company: { name: 'Contoso', state: 'WA' },
  })
  const plan = { kind: 'purchased', licenses: 1 }
  const customers = await Promise.all(
    ['One', 'Two'].map((name) =>
      api.send(
        'POST',
        `/v1/organizations/${partner.organizationId}/accounts`,
        anAccountBody({ company: { name, state: 'TX' }, plan }),
        { prefer: 'wait=20' },
      ),
    ),
  )
  for (const { body } of customers) {
    const device = await addDevice(body.organizationId)
    expect([device.status, device.body.poolOrganizationId]).toEqual([201, body.organizationId])
    expect((await addDevice(body.organizationId)).body.code).toBe('licenses_exhausted')
  }
  expect((await addDevice(partner.organizationId)).body.code).toBe('no_licenses')
})

describe('an account that is cancelled', () => {
  test('waits while devices hold its licenses, and is closed with their history once they are removed', async () => {
    const stuck = await stuckAccount('used')
    const { body: device } = await addDevice(stuck.organizationId)
    await api.send('POST', `/v1/onboardings/${stuck.id}/cancel`)
    const stepOf = async (id: string) =>
      (await api.send('GET', `/v1/onboardings/${stuck.id}`)).body.steps.find(
        (step: { id: string }) => step.id === id,
      )
    await expect
      .poll(async () => (await stepOf('provision-licenses')).error)
      .toMatchObject({ code: 'licenses_in_use', nextAction: expect.stringContaining('Remove the devices') })
    expect((await api.send('GET', `/v1/devices/${device.id}`)).body).toEqual(device)

    const headers = { authorization: `Bearer ${engine.apiKey}` }
    await api.app.inject({ method: 'DELETE', url: `/v1/devices/${device.id}`, headers })
    await api.send('POST', `/v1/onboardings/${stuck.id}/retry`)
    await api.until(stuck.id, 'cancelled')
    const organization = await api.send('GET', `/v1/organizations/${stuck.organizationId}`)
    expect(organization.body.status).toBe('closed')
    expect((await api.send('GET', `/v1/devices/${device.id}`)).body.removedAt).toMatch(/^2/)
    expect((await addDevice(stuck.organizationId)).body.code).toBe('organization_not_active')
  })

  test('is taken back whole when no device ever used a license', async () => {
    const stuck = await stuckAccount('unused')
    await api.send('POST', `/v1/onboardings/${stuck.id}/cancel`)
    await api.until(stuck.id, 'cancelled')
    expect((await api.send('GET', `/v1/organizations/${stuck.organizationId}`)).status).toBe(404)
  })
})
