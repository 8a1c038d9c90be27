import { pino } from 'pino'
import { expect } from 'vitest'
import { type Relay, type RelayDependencies, startRelay } from '../../webhooks/relay.ts'
import { itemsOf, startApi } from '../api/api-under-test.ts'
import { anOrganization } from '../builders/organization.ts'
import { startReceiver } from './receiver.ts'

/** For `expect.poll`. */
export const until = { timeout: 15_000 }

/** An API on a database of its own, a receiver, and as many relays between them as a test starts. */
export async function startWebhooks() {
  const api = await startApi()
  const receiver = await startReceiver()
  const relays: Relay[] = []

  return {
    api,
    receiver,
    /** Starts a relay, with hardly a pause between attempts unless a test is about them. */
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
    /** The receiver as an endpoint of the platform, which is told of everything. */
    async endpoint(): Promise<{ id: string; secret: string }> {
      const created = await api.send('POST', '/v1/organizations/root/webhook-endpoints', {
        body: { url: receiver.url },
      })
      expect(created.status).toBe(201)
      receiver.expectSecret(created.body.secret)
      return { id: String(created.body.id), secret: String(created.body.secret) }
    },
    customer: (name: string): Promise<string> =>
      anOrganization(api.db, api.platformId, { type: 'customer', name }),
    /** Changes an organization so many times: each makes its next version, of which the first was 1. */
    async rename(organizationId: string, times: number): Promise<void> {
      for (let count = 0; count < times; count += 1) {
        const { status } = await api.send('PATCH', `/v1/organizations/${organizationId}`, {
          body: { name: `Name ${count}` },
          headers: { 'if-match': '*' },
        })
        expect(status).toBe(200)
      }
    },
    /** The versions of an organization that the receiver was told of, in order. */
    versions: (organizationId: string) => receiver.about(organizationId).map(({ data }) => data.version),
    log: async (endpointId: string): Promise<Record<string, unknown>[]> =>
      itemsOf(await api.send('GET', `/v1/webhook-endpoints/${endpointId}/deliveries`)),
    async close(): Promise<void> {
      await Promise.all(relays.map((relay) => relay.stop()))
      await receiver.close()
      await api.close()
    },
  }
}

export type WebhooksUnderTest = Awaited<ReturnType<typeof startWebhooks>>
