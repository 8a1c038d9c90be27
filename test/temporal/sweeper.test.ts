import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { anAccountBody } from '../builders/account-body.ts'
import { anOrganization } from '../builders/organization.ts'
import { type ApiUnderTest, startApi } from '../api/api-under-test.ts'

let api: ApiUnderTest
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())

function starts(id: string | undefined): number {
  return api.temporal.started.filter((started) => started.id === id).length
}

test('what Temporal did not take is started when it is back', async () => {
  api.temporal.up = false
  const answer = await api.send('POST', '/v1/organizations/root/accounts', { body: anAccountBody() })
  expect(answer.status).toBe(202)
  api.temporal.up = true
  await expect
    .poll(() => api.temporal.started.map(({ id }) => id), { timeout: 10_000 })
    .toContain(answer.body.id)
  expect(api.temporal.started[0]).toMatchObject({ parent: { name: 'Platform', type: 'platform' } })
})

test('a run without a sign of life for a minute is started again; one that waits for a person is not', async () => {
  const [lost, waiting] = await Promise.all(
    ['running', 'needs_attention'].map(async (status) => {
      const answer = await api.send('POST', '/v1/organizations/root/accounts', { body: anAccountBody() })
      const id = String(answer.body.id)
      await sql`update runs set status = ${status}, updated_at = now() - interval '61 seconds' where id = ${id}`.execute(
        api.db,
      )
      return id
    }),
  )
  await expect.poll(() => starts(lost), { timeout: 10_000 }).toBe(2)
  expect(starts(waiting)).toBe(1)
})

test('a decision in bulk that Temporal did not take is started when it is back, and again when nobody is at it', async () => {
  const parent = await anOrganization(api.db, api.platformId)
  await api.send('POST', `/v1/organizations/${parent}/accounts`, { body: anAccountBody() })
  api.temporal.up = false
  const body = { action: 'cancel', filter: { parentId: parent }, reason: 'Not meant.' }
  const answer = await api.send('POST', '/v1/onboardings/bulk', { body })
  expect([answer.status, answer.body.total]).toEqual([202, 1])
  const id = String(answer.body.id)
  const bulkStarts = () => api.temporal.startedBulks.filter((started) => started === id).length
  api.temporal.up = true
  await expect.poll(bulkStarts, { timeout: 10_000 }).toBeGreaterThan(0)
  await sql`update bulk_decisions set started_at = now(), updated_at = now() - interval '61 seconds' where id = ${id}`.execute(
    api.db,
  )
  const before = bulkStarts()
  await expect.poll(bulkStarts, { timeout: 10_000 }).toBeGreaterThan(before)
})
