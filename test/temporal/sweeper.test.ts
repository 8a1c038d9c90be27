import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { startApiForFile } from '../api/api-under-test.ts'
import { anOrganization } from '../builders/organization.ts'

const api = await startApiForFile()

function starts(id: string | undefined): number {
  return api.temporal.started.filter((started) => started.id === id).length
}

test('A run that was accepted while Temporal was down is started when Temporal is back', async () => {
  api.temporal.up = false
  const id = await api.addAccount()
  api.temporal.up = true
  await expect.poll(() => api.temporal.started.map((run) => run.id), { timeout: 10_000 }).toContain(id)
  expect(api.temporal.started[0]).toMatchObject({ parent: { name: 'Platform', type: 'platform' } })
})

test('A running run without an update for a minute is started again, and a run that needs attention is not', async () => {
  const [lost, waiting] = await Promise.all(
    ['running', 'needs_attention'].map(async (status) => {
      const id = await api.addAccount()
      await sql`update runs set status = ${status}, updated_at = now() - interval '61 seconds' where id = ${id}`.execute(
        api.db,
      )
      return id
    }),
  )
  await expect.poll(() => starts(lost), { timeout: 10_000 }).toBe(2)
  expect(starts(waiting)).toBe(1)
})

test('A bulk decision is started when Temporal is back, and again after a minute without an update', async () => {
  const parent = await anOrganization(api.db, api.platformId)
  await api.addAccount({ parent })
  api.temporal.up = false
  const body = { action: 'cancel', filter: { parentId: parent }, reason: 'Not meant.' }
  const answer = await api.post('/v1/onboardings/bulk', body)
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
