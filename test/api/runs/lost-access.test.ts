import { beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { findCaller, revokeApiKey } from '../../../domain/access/api-keys.ts'
import { lockRun, record } from '../../../domain/runs/step-journal.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { anOrganization, setStatus } from '../../builders/organization.ts'
import { rowsOf } from '../../builders/rows.ts'
import { makeStuck } from '../../builders/stuck-run.ts'
import { startApiForFile } from '../api-under-test.ts'

// A caller that loses its access while its request is open.
const api = await startApiForFile()
const origin = await api.app.listen({ host: '127.0.0.1', port: 0 })
let partner: string
let key: string

beforeEach(async () => {
  partner = await anOrganization(api.db, api.platformId)
  key = await api.keyFor(partner)
})

const losses: [string, number, string, () => Promise<unknown>][] = [
  [
    'the key is revoked',
    401,
    'unauthenticated',
    async () => revokeApiKey(api.db, (await findCaller(api.db, key))?.apiKeyId ?? ''),
  ],
  ['its partner is suspended', 403, 'caller_not_active', () => setStatus(api.db, partner, 'suspended')],
  ['its partner is closed', 403, 'caller_not_active', () => setStatus(api.db, partner, 'closed')],
]

const post = (path: string, body: object, headers: Record<string, string>) =>
  fetch(`${origin}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(20_000),
  })

async function addAccount(): Promise<string> {
  const answer = await post(`/v1/organizations/${partner}/accounts`, anAccountBody(), {})
  return z.object({ id: z.string() }).parse(await answer.json()).id
}

const runs = () => rowsOf(api.db, 'runs', { parent_id: partner })

/** Waits until the partner's one run is accepted. @returns its id. */
async function untilAccepted(): Promise<string> {
  await expect.poll(async () => (await runs()).length).toBe(1)
  return (await runs())[0]?.id ?? ''
}

async function complete(id: string): Promise<void> {
  await api.db
    .transaction()
    .execute(async (transaction) =>
      record(transaction, await lockRun(transaction, id), { run: { status: 'completed' } }),
    )
}

describe.each(losses)('when %s', (_, status, code, lose) => {
  test('an open stream ends, and sends no event that came later', async () => {
    const id = await addAccount()
    const stream = await fetch(`${origin}/v1/onboardings/${id}/events`, {
      headers: { authorization: `Bearer ${key}` },
      signal: AbortSignal.timeout(20_000),
    })
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
    let seen = ''
    while (!seen.includes('id: 1\n')) seen += (await reader?.read())?.value ?? ''
    await lose()
    await makeStuck(api.db, id, { step: 'start-billing' })
    // The run stays open, so only the lost access ends the stream.
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read())
      seen += part.value
    expect([...seen.matchAll(/^id: (\d+)$/gm)].map(([, sequence]) => sequence)).toEqual(['1'])
  })

  test('a request that waits is answered like a new one, and its account is added all the same', async () => {
    const waiting = post(`/v1/organizations/${partner}/accounts`, anAccountBody(), { prefer: 'wait=60' })
    const id = await untilAccepted()
    const began = Date.now()
    await lose()
    const answer = await waiting
    expect([answer.status, await answer.json()]).toMatchObject([status, { code }])
    expect(Date.now() - began).toBeLessThan(10_000)
    expect((await api.get(`/v1/onboardings/${id}`)).body.status).toBe('accepted')
  })

  test('a wait that its run ends is refused as well', async () => {
    const waiting = post(`/v1/organizations/${partner}/accounts`, anAccountBody(), { prefer: 'wait=60' })
    const id = await untilAccepted()
    await lose()
    await complete(id)
    expect((await waiting).status).toBe(status)
  })
})
