import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newId } from '../../../domain/ids.ts'
import { platformId } from '../../../domain/organizations/read-organizations.ts'
import { createEndpoint, deleteEndpoint } from '../../../domain/webhooks/webhook-endpoints.ts'
import { claimDeliveries, recordOutcome } from '../../../domain/webhooks/webhook-queue.ts'
import { freshDatabase, type TestDatabase } from '../../stack/database.ts'

let database: TestDatabase
let endpoint: string

beforeEach(async () => {
  database = await freshDatabase()
  endpoint = await anEndpoint()
})
afterEach(() => database.drop())

async function anEndpoint(): Promise<string> {
  const organizationId = await platformId(database.db)
  const url = 'https://example.com/'
  return (await createEndpoint(database.db, { organizationId, url, events: null }))?.endpoint.id ?? ''
}

/** Writes an event about an organization and a subject for every endpoint. */
async function emit(organization: string, subject = organization): Promise<void> {
  const scope = await platformId(database.db)
  await sql`select emit_event('organization.updated', ${scope}, ${organization}, ${subject},
    ${JSON.stringify({ organization, subject })}::jsonb)`.execute(database.db)
}

async function claim(limits: Partial<Parameters<typeof claimDeliveries>[1]> = {}) {
  return claimDeliveries(database.db, { total: 50, perEndpoint: 50, busyEndpoints: [], ...limits })
}

const delivered = { result: { status: 'delivered' }, httpStatus: 204, error: null } as const
const endLeases = () =>
  sql`update webhook_deliveries set next_attempt_at = now() where status = 'pending'`.execute(database.db)

test('a delivery waits for earlier ones with the same organization or the same subject', async () => {
  const onboarding = newId('onb')
  await emit('parent', onboarding)
  await emit('account')
  await emit('account', onboarding)
  const first = (await claim()).toSorted((a, b) => (String(a.data.subject) < String(b.data.subject) ? -1 : 1))
  expect(first.map(({ data }) => data)).toEqual([
    { organization: 'account', subject: 'account' },
    { organization: 'parent', subject: onboarding },
  ])
  const [ofAccount, ofParent] = first
  if (ofAccount === undefined || ofParent === undefined) throw new Error('Nothing was claimed')
  await recordOutcome(database.db, ofAccount, delivered)
  expect(await claim()).toEqual([])
  await recordOutcome(database.db, ofParent, delivered)
  expect(await claim()).toMatchObject([{ data: { organization: 'account', subject: onboarding } }])
})

test('a process can not record the outcome of a delivery that another process has claimed since', async () => {
  await emit('account')
  const [slow] = await claim()
  await endLeases()
  const [quick] = await claim()
  if (slow === undefined || quick === undefined) throw new Error('Nothing was claimed')
  expect([quick.id, quick.attempt]).toEqual([slow.id, 2])
  await recordOutcome(database.db, slow, { ...delivered, result: { status: 'failed', gone: true } })
  await endLeases()
  expect(await claim()).toMatchObject([{ id: slow.id, attempt: 3 }])
})

test('one endpoint does not use up the claims of the other endpoints', async () => {
  const other = await anEndpoint()
  for (const organization of ['a', 'b', 'c']) await emit(organization)
  const first = await claim({ perEndpoint: 2 })
  expect(first.map(({ endpointId }) => endpointId).toSorted()).toEqual(
    [endpoint, endpoint, other, other].toSorted(),
  )
  expect(await claim({ busyEndpoints: [endpoint, other] })).toEqual([])
  expect((await claim({ busyEndpoints: [endpoint] })).map(({ endpointId }) => endpointId)).toEqual([other])
})

test('concurrent claims never get the same delivery', async () => {
  for (let organization = 0; organization < 40; organization += 1) await emit(`organization ${organization}`)
  const claims = await Promise.all(Array.from({ length: 12 }, () => claim({ total: 10 })))
  const ids = claims.flat().map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.length).toBeGreaterThan(0)
})

test('a deleted endpoint has no deliveries', async () => {
  await emit('account')
  await deleteEndpoint(database.db, endpoint)
  expect(await claim()).toEqual([])
})
