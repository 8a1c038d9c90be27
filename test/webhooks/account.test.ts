import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Relay, startRelay } from '../../webhooks/relay.ts'
import { anAccountBody } from '../builders/account-body.ts'
import { type EngineApi, startApiFor } from '../stack/api.ts'
import { type Engine, startEngine } from '../stack/tenantry-command.ts'
import { type Receiver, startReceiver } from './receiver.ts'

// The whole way: an account is added by a real engine, and a server is told of it.
const publicUrl = 'http://localhost:3000'

let engine: Engine
let api: EngineApi
let relay: Relay
let receiver: Receiver

beforeAll(async () => {
  engine = await startEngine()
  api = await startApiFor(engine, publicUrl)
  receiver = await startReceiver()
  const { db, url: databaseUrl } = engine
  relay = startRelay({ db, databaseUrl, publicUrl, logger: pino({ level: 'silent' }) })
})
afterAll(async () => {
  await relay.stop()
  await receiver.close()
  await api.close()
  await engine.stop()
})

test('who listens is told how an account is added, in order, and of nobody by name', async () => {
  const { body: endpoint } = await api.send('POST', '/v1/organizations/root/webhook-endpoints', {
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
      const log = await api.send('GET', `/v1/webhook-endpoints/${endpoint.id}/deliveries`)
      return log.body.items.map(({ status }: { status: string }) => status)
    })
    .toEqual(['delivered', 'delivered', 'delivered', 'delivered'])
})
