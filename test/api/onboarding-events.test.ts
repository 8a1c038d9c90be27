import { afterAll, beforeAll, expect, test } from 'vitest'
import { lockOnboarding, recordOnboarding } from '../../domain/step-ledger.ts'
import type { OnboardingStatus } from '../../domain/database/tables.ts'
import { anAccountBody } from '../builders/account-body.ts'
import { getStuck } from '../builders/stuck-onboarding.ts'
import { type ApiUnderTest, startApi } from './api-under-test.ts'

let api: ApiUnderTest
let origin: string
beforeAll(async () => {
  api = await startApi()
  origin = await api.app.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(() => api.close())

async function accept(): Promise<string> {
  return String((await api.send('POST', '/v1/organizations/root/accounts', { body: anAccountBody() })).body.id)
}

async function become(id: string, status: OnboardingStatus): Promise<void> {
  await api.db
    .transaction()
    .execute(async (transaction) =>
      recordOnboarding(transaction, await lockOnboarding(transaction, id), { status }),
    )
}

function follow(id: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${origin}/v1/onboardings/${id}/events`, {
    headers: { authorization: `Bearer ${api.key}`, ...headers },
    signal: AbortSignal.timeout(10_000),
  })
}

const idsIn = (stream: string) => [...stream.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))

test('events come live, one per change, and end with the onboarding', async () => {
  const id = await accept()
  const response = await follow(id)
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const text = response.text()
  await getStuck(api.db, id, { step: 'start-billing' })
  await become(id, 'completed')
  const stream = await text
  expect(idsIn(stream)).toEqual([1, 2, 3, 4])
  expect(stream).toMatch(/event: step\ndata: .*"step":"start-billing","status":"needs_attention"/)
  expect(stream).toMatch(/id: 4\nevent: onboarding\ndata: {"status":"completed"/)
})

test('a stream goes on after the last event that the reader has', async () => {
  const id = await accept()
  await getStuck(api.db, id)
  await become(id, 'cancelled')
  expect(idsIn(await (await follow(id, { 'last-event-id': '2' })).text())).toEqual([3, 4])
  expect((await follow(id, { 'last-event-id': '4' })).status).toBe(204)
})

test('whoever waits is answered as soon as the onboarding settles', async () => {
  const id = await accept()
  const url = '/v1/organizations/root/accounts'
  const headers = { 'idempotency-key': 'waited-for', prefer: 'wait=30' }
  const began = Date.now()
  const answer = api.send('POST', url, { body: anAccountBody(), headers })
  await expect.poll(() => api.temporal.started.length, { timeout: 5_000 }).toBeGreaterThan(0)
  const waited = await expect
    .poll(async () => {
      const row = await api.db
        .selectFrom('onboardings')
        .select('id')
        .where('idempotency_key', '=', 'waited-for')
        .executeTakeFirst()
      return row?.id
    })
    .toBeDefined()
    .then(() => api.db.selectFrom('onboardings').select('id').where('idempotency_key', '=', 'waited-for').executeTakeFirstOrThrow())
  await become(waited.id, 'completed')
  expect((await answer).status).toBe(201)
  expect(Date.now() - began).toBeLessThan(10_000)
  expect(waited.id).not.toBe(id)
})
