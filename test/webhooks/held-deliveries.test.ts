import { describe, expect } from 'vitest'
import { anOrganization, setStatus } from '../builders/organization.ts'
import { startReceiver } from './receiver.ts'
import { test, until } from './webhooks-under-test.ts'

describe.each(['suspended', 'closed'] as const)('an endpoint of a partner that is %s', (status) => {
  test('receives nothing until the partner is restored, and then every event in order', async ({
    webhooks,
  }) => {
    const { api } = webhooks
    const receiver = await startReceiver()
    const partner = await anOrganization(api.db, api.platformId)
    const customer = await anOrganization(api.db, partner, { type: 'customer' })
    const { body } = await api.post(`/v1/organizations/${partner}/webhook-endpoints`, { url: receiver.url })
    const own = String(body.id)
    const above = await webhooks.endpoint()
    const statuses = async (endpoint: string) => (await webhooks.log(endpoint)).map((item) => item.status)
    webhooks.relay()

    await setStatus(api.db, partner, status)
    await webhooks.rename(customer, 2)
    // The relay has seen the deliveries of both endpoints when those of the platform have arrived.
    await expect.poll(() => statuses(above.id), until).toEqual(['delivered', 'delivered', 'delivered'])
    expect(receiver.received).toEqual([])
    const held = { status: 'pending', attempts: 0, nextAttemptAt: null }
    expect(await webhooks.log(own)).toMatchObject([
      { ...held, type: 'organization.updated' },
      { ...held, type: 'organization.updated' },
      { ...held, type: `organization.${status}` },
    ])

    await setStatus(api.db, partner, 'active')
    await expect.poll(() => statuses(own), until).toEqual(Array.from({ length: 4 }, () => 'delivered'))
    expect(receiver.about(customer).map(({ data }) => data.version)).toEqual([2, 3])
    expect(receiver.about(partner).map(({ type }) => type)).toEqual([
      `organization.${status}`,
      'organization.restored',
    ])
    await receiver.close()
  })
})
