import { afterAll, beforeAll, expect, test } from 'vitest'
import { workflowIdOf } from '../../workflows/contract.ts'
import { anAccountBody } from '../builders/account-body.ts'
import { type EngineApi, startApiFor } from '../stack/api.ts'
import { type Engine, startEngine } from '../stack/tenantry-command.ts'

let engine: Engine
let api: EngineApi

beforeAll(async () => {
  engine = await startEngine({ tuning: { maxCachedWorkflows: 3 } })
  api = await startApiFor(engine)
})
afterAll(async () => {
  await api.close()
  await engine.stop()
})

// With twenty runs under way and room for three in memory, nearly every one goes on by a replay of its history.
test('with a cache of three workflows, twenty onboardings that wait for the mail server are each finished once', async () => {
  const names = Array.from({ length: 20 }, (_, index) => `cached-${index}`)
  await engine.mailbox.goDown()
  const accepted = await Promise.all(names.map((name) => api.send('POST', accounts, bodyFor(name))))
  const ids = accepted.map(({ body }) => body.id as string)
  const lastSteps = () =>
    Promise.all(
      ids.map(async (id) => (await api.send('GET', `/v1/onboardings/${id}`)).body.steps.at(-1).status),
    )
  // Three at a time, so it takes a busy machine long.
  await expect.poll(lastSteps, { timeout: 60_000 }).toEqual(names.map(() => 'retrying'))
  expect(engine.cachedRuns()).toBeLessThanOrEqual(3)
  await engine.mailbox.comeBack()
  await Promise.all(ids.map((id) => api.until(id, 'completed')))

  const made = await engine.db
    .selectFrom('organizations')
    .select('name')
    .where('type', '=', 'customer')
    .execute()
  expect(made.map(({ name }) => name).toSorted()).toEqual(names.toSorted())
  expect(engine.mailbox.messages).toHaveLength(names.length)
  for (const id of ids) {
    const result = await engine.client.workflow.getHandle(workflowIdOf({ kind: 'add-account', id })).result()
    expect(result).toEqual({ status: 'completed' })
  }
})

const accounts = '/v1/organizations/root/accounts'

function bodyFor(name: string) {
  return anAccountBody({
    company: { name, state: 'TX' },
    user: { fullName: name, email: `${name}@example.com` },
  })
}
