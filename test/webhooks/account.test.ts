import { pino } from 'pino'
import { afterAll, expect, test } from 'vitest'
import { startRelay } from '../../webhooks/relay.ts'
import { anAccountBody } from '../builders/account-body.ts'
import { startEngineForFile } from '../builders/engine-for-file.ts'
import { startReceiver } from './receiver.ts'

// Webhooks end to end: a real engine adds an account, and a real server receives the events.
const publicUrl = 'http://localhost:3000'

const { engine, api } = await startEngineForFile({ origin: publicUrl })
const receiver = await startReceiver()
const { db, url: databaseUrl } = engine
const relay = startRelay({ db, databaseUrl, publicUrl, logger: pino({ level: 'silent' }) })
afterAll(async () => {
  await relay.stop()
  await receiver.close()
})

test('An endpoint receives the events of a new account in order and without personal data', async () => {
  const { body: endpoint } = await api.post('/v1/organizations/root/webhook-endpoints', {
    url: receiver.url,
  })
  receiver.expectSecret(endpoint.secret)
  const user = { fullName: 'Ada Lovelace', email: 'ada@example.com' }
  const { body: account } = await api.addAccount(anAccountBody({ user }))

  await expect.poll(() => receiver.received.length, { timeout: 10_000 }).toBe(4)
  expect(receiver.about(account.organizationId)).toMatchObject([
    {
      type: 'organization.created',
      data: { parentId: account.parentId, type: 'customer', status: 'active' },
    },
    { type: 'plan.started', data: { kind: 'trial', licenses: 5, billingAdapter: 'ledger' } },
    { type: 'onboarding.completed', data: { onboardingId: account.id, status: 'completed' } },
  ])
  const ofRun = receiver.received.filter(({ event }) => event.data.onboardingId === account.id)
  expect(ofRun.map(({ event }) => event.type)).toEqual(['onboarding.accepted', 'onboarding.completed'])
  for (const { body } of receiver.received) expect(body).not.toMatch(/Lovelace|ada@|Northwind/i)

  await expect
    .poll(async () => {
      const log = await api.get(`/v1/webhook-endpoints/${endpoint.id}/deliveries`)
      return log.body.items.map(({ status }: { status: string }) => status)
    })
    .toEqual(['delivered', 'delivered', 'delivered', 'delivered'])
})
