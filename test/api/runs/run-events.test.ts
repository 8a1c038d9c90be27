import { expect, test } from 'vitest'
import { lockRun, record } from '../../../domain/runs/step-journal.ts'
import type { RunStatus } from '../../../domain/database/tables/run-tables.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { makeStuck } from '../../builders/stuck-run.ts'
import { startApi, startApiForFile } from '../api-under-test.ts'

const api = await startApiForFile()
const origin = await api.app.listen({ host: '127.0.0.1', port: 0 })

async function become(id: string, status: RunStatus): Promise<void> {
  await api.db
    .transaction()
    .execute(async (transaction) => record(transaction, await lockRun(transaction, id), { run: { status } }))
}

function follow(id: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${origin}/v1/onboardings/${id}/events`, {
    headers: { authorization: `Bearer ${api.key}`, ...headers },
    signal: AbortSignal.timeout(10_000),
  })
}

const idsIn = (stream: string) => [...stream.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))

test('A stream sends one event per change and ends when the run is closed', async () => {
  const id = await api.addAccount()
  const response = await follow(id)
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const text = response.text()
  await makeStuck(api.db, id, { step: 'start-billing' })
  await become(id, 'completed')
  const stream = await text
  expect(idsIn(stream)).toEqual([1, 2, 3, 4])
  expect(stream).toMatch(/event: step\ndata: {"step":"start-billing".*"status":"needs_attention"/)
  expect(stream).toMatch(/id: 4\nevent: onboarding\ndata: {"status":"completed"/)
})

test('A stream goes on after the last event that the reader has', async () => {
  const id = await api.addAccount()
  await makeStuck(api.db, id)
  await become(id, 'cancelled')
  expect(idsIn(await (await follow(id, { 'last-event-id': '2' })).text())).toEqual([3, 4])
  expect((await follow(id, { 'last-event-id': '4' })).status).toBe(204)
})

test('A request that waits is answered as soon as its run is closed', async () => {
  const before = api.temporal.started.length
  const url = '/v1/organizations/root/accounts'
  const began = Date.now()
  const answer = api.post(url, anAccountBody(), { headers: { prefer: 'wait=30' } })
  await expect.poll(() => api.temporal.started.length).toBe(before + 1)
  const waited = api.temporal.started.at(-1)?.id ?? ''
  await become(waited, 'completed')
  expect((await answer).status).toBe(201)
  expect(Date.now() - began).toBeLessThan(10_000)
})

test('A server that stops ends its streams and answers the requests that wait', async () => {
  const other = await startApi()
  const address = await other.app.listen({ host: '127.0.0.1', port: 0 })
  const headers = { authorization: `Bearer ${other.key}`, 'content-type': 'application/json' }
  const waiting = fetch(`${address}/v1/organizations/root/accounts`, {
    method: 'POST',
    headers: { ...headers, prefer: 'wait=60' },
    body: JSON.stringify(anAccountBody()),
  })
  await expect.poll(() => other.temporal.started.length).toBe(1)
  const stream = await fetch(`${address}/v1/onboardings/${other.temporal.started[0]?.id}/events`, { headers })
  const began = Date.now()
  await other.close()
  expect((await waiting).status).toBe(202)
  expect(idsIn(await stream.text())).toEqual([1])
  expect(Date.now() - began).toBeLessThan(5_000)
})
