import { expect, test } from 'vitest'
import { workflowOf } from '../api/runs/run-calls.ts'
import { anAccountBody } from '../builders/account-body.ts'
import { startEngineForFile } from '../builders/engine-for-file.ts'
import { rowsOf } from '../builders/rows.ts'

const { engine, api } = await startEngineForFile({ tuning: { maxCachedWorkflows: 3 } })

// With twenty open runs and a cache of three workflows, nearly every run goes on by a replay of its history.
test('With a cache of three workflows, twenty onboardings that wait for the mail server are each completed once', async () => {
  const names = Array.from({ length: 20 }, (_, index) => `cached-${index}`)
  await engine.mailbox.goDown()
  const accepted = await Promise.all(
    names.map((name) => api.post('/v1/organizations/root/accounts', bodyFor(name))),
  )
  const ids = accepted.map(({ body }) => body.id as string)
  const lastSteps = () =>
    Promise.all(ids.map(async (id) => (await api.get(`/v1/onboardings/${id}`)).body.steps.at(-1).status))
  // A busy machine needs long, because only three workflows run at a time.
  await expect.poll(lastSteps, { timeout: 60_000 }).toEqual(names.map(() => 'retrying'))
  expect(engine.cachedRuns()).toBeLessThanOrEqual(3)
  await engine.mailbox.comeBack()
  await Promise.all(ids.map((id) => api.until(id, 'completed')))

  const made = await rowsOf(engine.db, 'organizations', { type: 'customer' })
  expect(made.map(({ name }) => name).toSorted()).toEqual(names.toSorted())
  expect(engine.mailbox.messages).toHaveLength(names.length)
  for (const id of ids) expect(await workflowOf(engine, id).result()).toEqual({ status: 'completed' })
})

const bodyFor = (name: string) =>
  anAccountBody({
    name,
    user: { fullName: name, email: `${name}@example.com` },
  })
