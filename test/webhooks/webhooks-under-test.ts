import { pino } from 'pino'
import { expect, test as base } from 'vitest'
import { type Relay, type RelayDependencies, startRelay } from '../../webhooks/relay.ts'
import { itemsOf, startApi } from '../api/api-under-test.ts'
import { anOrganization } from '../builders/organization.ts'
import { startReceiver } from './receiver.ts'

/** The options of `expect.poll` for deliveries. */
export const until = { timeout: 15_000 }

/** Starts an API with its own database and a receiver. A test starts the relays between them. */
async function startWebhooks() {
  const api = await startApi()
  const receiver = await startReceiver()
  const relays: Relay[] = []

  return {
    api,
    receiver,
    /** Starts a relay. By default it pauses 50 milliseconds between attempts. */
    relay(options: Partial<RelayDependencies> = {}): Relay {
      const relay = startRelay({
        db: api.db,
        databaseUrl: api.databaseUrl,
        publicUrl: 'http://localhost:3000',
        logger: pino({ level: 'silent' }),
        schedule: Array.from({ length: 1_000 }, () => 50),
        ...options,
      })
      relays.push(relay)
      return relay
    },
    /** Creates an endpoint of the platform for the receiver, which gets every event. */
    async endpoint(): Promise<{ id: string; secret: string }> {
      const created = await api.post('/v1/organizations/root/webhook-endpoints', { url: receiver.url })
      expect(created.status).toBe(201)
      receiver.expectSecret(created.body.secret)
      return { id: String(created.body.id), secret: String(created.body.secret) }
    },
    /** Adds a customer below the platform. @returns its id. */
    customer: (name: string): Promise<string> =>
      anOrganization(api.db, api.platformId, { type: 'customer', name }),
    /** Changes an organization this many times. Each change makes the next version; the first version is 1. */
    async rename(organizationId: string, times: number): Promise<void> {
      for (let count = 0; count < times; count += 1) {
        const url = `/v1/organizations/${organizationId}`
        const headers = { 'if-match': '*' }
        expect((await api.patch(url, { name: `Name ${count}` }, { headers })).status).toBe(200)
      }
    },
    /** The versions of an organization in the received events, in order. */
    versions: (organizationId: string) => receiver.about(organizationId).map(({ data }) => data.version),
    /** Reads the deliveries of an endpoint, newest first. */
    log: async (endpointId: string): Promise<Record<string, unknown>[]> =>
      itemsOf(await api.get(`/v1/webhook-endpoints/${endpointId}/deliveries`)),
    async close(): Promise<void> {
      await Promise.all(relays.map((relay) => relay.stop()))
      await receiver.close()
      await api.close()
    },
  }
}

/** A test with an API, a receiver and relays of its own. */
export const test = base.extend<{ webhooks: Awaited<ReturnType<typeof startWebhooks>> }>({
  webhooks: async ({ task: _task }, use) => {
    const webhooks = await startWebhooks()
    await use(webhooks)
    await webhooks.close()
  },
})
