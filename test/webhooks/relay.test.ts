import { sql } from 'kysely'
import { describe, expect } from 'vitest'
import { connectDatabase } from '../../domain/database/connection.ts'
import { insertOrganization } from '../../domain/organizations/organization-tree.ts'
import { anOrganization } from '../builders/organization.ts'
import { test, until } from './webhooks-under-test.ts'

describe('Delivery at least once', () => {
  test('An event whose answer was lost is sent again with the same id', async ({ webhooks }) => {
    const organization = await webhooks.customer('Lost')
    await webhooks.endpoint()
    webhooks.receiver.answer((_, response) => {
      if (webhooks.receiver.received.length > 1) return 204
      response.destroy()
      return undefined
    })
    webhooks.relay()
    await webhooks.rename(organization, 1)
    await expect.poll(() => webhooks.receiver.received.length, until).toBe(2)
    const [first, second] = webhooks.receiver.received
    expect(second?.event).toEqual(first?.event)
  })

  test('A delivery of a relay that was killed before it recorded the answer is sent by another relay', async ({
    webhooks,
  }) => {
    const organization = await webhooks.customer('Killed')
    const { id } = await webhooks.endpoint()
    const doomed = connectDatabase(webhooks.api.databaseUrl)
    webhooks.receiver.answer(async () => {
      if (webhooks.receiver.received.length === 1) await doomed.destroy()
      return 204
    })
    webhooks.relay({ db: doomed })
    await webhooks.rename(organization, 1)
    await expect.poll(() => webhooks.receiver.received.length, until).toBe(1)
    expect(await webhooks.log(id)).toMatchObject([{ status: 'pending', attempts: 1 }])

    // Ends the lease of the first relay.
    await sql`update webhook_deliveries set next_attempt_at = now()`.execute(webhooks.api.db)
    webhooks.relay()
    await expect
      .poll(async () => (await webhooks.log(id))[0], until)
      .toMatchObject({ status: 'delivered', attempts: 2 })
    expect(webhooks.receiver.received[1]?.event).toEqual(webhooks.receiver.received[0]?.event)
  })

  test('Several relays deliver each event once and in order', async ({ webhooks }) => {
    const organizations = await Promise.all(['A', 'B', 'C', 'D', 'E', 'F', 'G'].map(webhooks.customer))
    await webhooks.endpoint()
    for (const url of [webhooks.api.databaseUrl, webhooks.api.databaseUrl, webhooks.api.databaseUrl])
      webhooks.relay({ databaseUrl: url })
    await Promise.all(organizations.map((id) => webhooks.rename(id, 10)))
    await expect.poll(() => webhooks.receiver.received.length, until).toBeGreaterThanOrEqual(70)
    const expected = Array.from({ length: 10 }, (_, index) => index + 2)
    for (const id of organizations) expect(webhooks.versions(id)).toEqual(expected)
  })

  test('A relay goes on after the database ended its connections', async ({ webhooks }) => {
    const organization = await webhooks.customer('Cut')
    await webhooks.endpoint()
    webhooks.relay()
    await webhooks.rename(organization, 1)
    await expect.poll(() => webhooks.versions(organization), until).toEqual([2])
    await sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`.execute(webhooks.api.db)
    await expect.poll(async () => (await webhooks.api.get('/health/ready')).status, until).toBe(200)
    await webhooks.rename(organization, 1)
    await expect.poll(() => webhooks.versions(organization), until).toContain(3)
  })
})

test('A relay that is stopped finishes the delivery in progress and begins no other', async ({
  webhooks,
}) => {
  const organization = await webhooks.customer('Stopped')
  const { id } = await webhooks.endpoint()
  const released = Promise.withResolvers<number>()
  webhooks.receiver.answer(() => released.promise)
  const relay = webhooks.relay()
  await webhooks.rename(organization, 2)
  await expect.poll(() => webhooks.versions(organization), until).toEqual([2])
  const stopped = relay.stop()
  released.resolve(204)
  await stopped
  expect(await webhooks.log(id)).toMatchObject([
    { status: 'pending', attempts: 0 },
    { status: 'delivered', attempts: 1 },
  ])
})

test('An event of a transaction that was rolled back is not sent', async ({ webhooks }) => {
  await webhooks.endpoint()
  webhooks.relay()
  const company = { name: 'Undone', country: 'US', state: 'US-WA' }
  const undone = webhooks.api.db.transaction().execute(async (transaction) => {
    await insertOrganization(transaction, { parentId: webhooks.api.platformId, type: 'customer', company })
    throw new Error('undone')
  })
  await expect(undone).rejects.toThrow('undone')
  const kept = await webhooks.customer('Kept')
  await expect.poll(() => webhooks.receiver.received.length, until).toBe(1)
  expect(webhooks.receiver.received[0]?.event.data.organizationId).toBe(kept)
})

test('An endpoint receives events of its subtree and its types, since its creation', async ({ webhooks }) => {
  const partner = await anOrganization(webhooks.api.db, webhooks.api.platformId)
  const neighbour = await anOrganization(webhooks.api.db, webhooks.api.platformId)
  const key = await webhooks.api.keyFor(partner)
  const url = `/v1/organizations/${partner}/webhook-endpoints`
  const body = { url: webhooks.receiver.url, events: ['organization.updated'] }
  expect((await webhooks.api.post(url, body, { key })).status).toBe(201)
  webhooks.relay()
  const below = await anOrganization(webhooks.api.db, partner, { type: 'customer' })
  await webhooks.rename(neighbour, 1)
  await webhooks.rename(below, 1)
  await webhooks.rename(partner, 1)
  await expect.poll(() => webhooks.receiver.about(partner).length, until).toBe(1)
  await expect.poll(() => webhooks.receiver.about(below).length, until).toBe(1)
  expect(webhooks.receiver.received).toHaveLength(2)
})

test('After a rotation both secrets are valid for a day, and then only the new one', async ({ webhooks }) => {
  const organization = await webhooks.customer('Rotated')
  const { id, secret: old } = await webhooks.endpoint()
  const rotated = await webhooks.api.send('POST', `/v1/webhook-endpoints/${id}/rotate-secret`)
  expect(rotated.body.secret).toMatch(/^whsec_/)
  expect(rotated.body.secret).not.toBe(old)
  webhooks.relay()
  for (const secret of [old, rotated.body.secret]) {
    webhooks.receiver.expectSecret(secret)
    const before = webhooks.receiver.received.length
    await webhooks.rename(organization, 1)
    await expect.poll(() => webhooks.receiver.received.length, until).toBe(before + 1)
  }
  expect(webhooks.receiver.received[0]?.headers['webhook-signature']?.split(' ')).toHaveLength(2)

  // Ends the day in which both secrets are valid.
  await sql`update webhook_endpoints set previous_secret_until = now()`.execute(webhooks.api.db)
  await webhooks.rename(organization, 1)
  await expect.poll(() => webhooks.receiver.received.length, until).toBe(3)
  expect(webhooks.receiver.received[2]?.headers['webhook-signature']?.split(' ')).toHaveLength(1)
})

test('A delivered or failed event can be delivered again with the same event id', async ({ webhooks }) => {
  const organization = await webhooks.customer('Again')
  const { id } = await webhooks.endpoint()
  webhooks.relay({ schedule: [] })
  webhooks.receiver.answer(({ data }) => (data.version === 2 ? 500 : 204))
  await webhooks.rename(organization, 2)
  await expect
    .poll(async () => (await webhooks.log(id)).map(({ status }) => status), until)
    .toEqual(['delivered', 'failed'])
  webhooks.receiver.answer(() => 204)
  for (const { id: deliveryId, eventId, type } of await webhooks.log(id)) {
    const again = await webhooks.api.send('POST', `/v1/webhook-deliveries/${String(deliveryId)}/redeliver`)
    expect([again.status, again.body]).toMatchObject([202, { eventId, type, status: 'pending' }])
    expect(again.body.id).not.toBe(deliveryId)
  }
  await expect.poll(() => webhooks.versions(organization), until).toEqual([2, 3, 3, 2])
})

test('A redelivery of a pending delivery is attempted now', async ({ webhooks }) => {
  const organization = await webhooks.customer('Now')
  const { id } = await webhooks.endpoint()
  webhooks.receiver.answer(() => 500)
  webhooks.relay({ schedule: [3_600_000] })
  await webhooks.rename(organization, 1)
  await expect.poll(async () => (await webhooks.log(id))[0]?.lastHttpStatus, until).toBe(500)
  webhooks.receiver.answer(() => 204)
  const [delivery] = await webhooks.log(id)
  const now = await webhooks.api.send('POST', `/v1/webhook-deliveries/${String(delivery?.id)}/redeliver`)
  expect(now.body.id).toBe(delivery?.id)
  await expect
    .poll(async () => (await webhooks.log(id))[0], until)
    .toMatchObject({ status: 'delivered', attempts: 2 })
})

test('Completed deliveries are deleted after 30 days, and pending ones are kept', async ({ webhooks }) => {
  const [delivered, waiting] = [await webhooks.customer('Delivered'), await webhooks.customer('Waiting')]
  const { id } = await webhooks.endpoint()
  webhooks.receiver.answer(({ data }) => (data.organizationId === delivered ? 204 : 500))
  const first = webhooks.relay({ schedule: [86_400_000] })
  await webhooks.rename(delivered, 1)
  await webhooks.rename(waiting, 1)
  await expect
    .poll(async () => (await webhooks.log(id)).map((entry) => entry.lastHttpStatus), until)
    .toEqual([500, 204])
  await first.stop()
  await sql`update webhook_deliveries set created_at = created_at - interval '31 days',
    last_attempt_at = last_attempt_at - interval '31 days'`.execute(webhooks.api.db)
  await sql`update outbox_events set created_at = created_at - interval '31 days'`.execute(webhooks.api.db)
  webhooks.relay()
  await expect
    .poll(async () => (await webhooks.log(id)).map(({ organizationId }) => organizationId), until)
    .toEqual([waiting])
  await expect
    .poll(() => webhooks.api.db.selectFrom('outbox_events').select('organization_id').execute(), until)
    .toEqual([{ organization_id: waiting }])
})
