import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { acceptOperation } from '../../../domain/runs/accept-operation.ts'
import { createApiKey } from '../../../domain/access/api-keys.ts'
import { platformId } from '../../../domain/organizations/read-organizations.ts'
import { findSubscription } from '../../../domain/plans/subscriptions.ts'
import { workflowIdOf, workflowTypes } from '../../../workflows/contract.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { type EngineApi, startApiFor } from '../../stack/api.ts'
import { memoryBilling } from '../../stack/memory-billing.ts'
import { type Engine, startEngine } from '../../stack/tenantry-command.ts'

const provider = memoryBilling()
let engine: Engine
let api: EngineApi
/** Two callers, each with a key of its own. */
let callers: { authorization: string }[]

beforeAll(async () => {
  engine = await startEngine({ plugins: [provider.plugin] })
  api = await startApiFor(engine)
  const organizationId = await platformId(engine.db)
  callers = await Promise.all(
    ['one', 'two'].map(async (name) => {
      const { key } = await createApiKey(engine.db, { name, role: 'platform', organizationId })
      return { authorization: `Bearer ${key}` }
    }),
  )
})
afterAll(async () => {
  await api.close()
  await engine.stop()
})

interface Answer {
  status: number
  body: Record<string, unknown>
}

const plan = { kind: 'purchased', licenses: 5, billingAdapter: 'memory' }
const account = async (): Promise<string> =>
  (await api.addAccount(anAccountBody({ plan }))).body.organizationId
const setLimit = (id: string, licenses: number, caller = 0): Promise<Answer> =>
  api.send('PUT', `/v1/organizations/${id}/plan`, { kind: 'purchased', licenses }, callers[caller])
const switchTo = (id: string, billingAdapter: string, caller = 0): Promise<Answer> =>
  api.send('PUT', `/v1/organizations/${id}/plan`, { ...plan, billingAdapter }, callers[caller])
const change = (id: string, action: string, caller = 0): Promise<Answer> =>
  api.send('POST', `/v1/organizations/${id}/${action}`, {}, callers[caller])
const addDevice = (id: string): Promise<Answer> =>
  api.send('POST', `/v1/organizations/${id}/devices`, { name: 'Laptop' }, callers[1])

/** Reads an account's operations once none of them is under way; one that is stuck is cancelled, as a person would. */
async function settled(id: string): Promise<{ id: string; status: string }[]> {
  const read = async (): Promise<{ id: string; status: string }[]> =>
    (await api.send('GET', `/v1/operations?organizationId=${id}`)).body.items
  await expect
    .poll(async () => {
      const runs = await read()
      for (const run of runs.filter(({ status }) => status === 'needs_attention'))
        await api.send('POST', `/v1/operations/${run.id}/cancel`, {})
      return runs.filter(({ status }) => !['completed', 'cancelled', 'failed'].includes(status))
    })
    .toEqual([])
  return read()
}

const openAt = (id: string) =>
  [...provider.subscriptions]
    .filter(([, one]) => one.organizationId === id && one.status === 'open')
    .map(([externalId]) => externalId)

/** What is assigned fits into what is allocated, no device holds two, and the API says what the rows say. */
async function expectSound(id: string): Promise<void> {
  const rows = await engine.db
    .selectFrom('license_assignments')
    .select('device_id')
    .where('pool_organization_id', '=', id)
    .where('released_at', 'is', null)
    .execute()
  expect(new Set(rows.map((row) => row.device_id)).size).toBe(rows.length)
  const { allocated, assigned, available } = (await api.send('GET', `/v1/organizations/${id}/licenses`)).body
  // Only one device at a time comes or goes.
  expect(assigned).toBe(rows.length)
  expect(assigned).toBeLessThanOrEqual(allocated)
  expect(available).toBe(allocated - assigned)
}

/** Takes the last license and frees it, over and over, until the work is done. */
async function whileDevicesComeAndGo<Result>(
  id: string,
  seen: Set<unknown>,
  work: () => Promise<Result>,
): Promise<Result> {
  const done = new AbortController()
  const coming = async (): Promise<void> => {
    const devices: unknown[] = []
    while (!done.signal.aborted) {
      const { status, body } = await addDevice(id)
      seen.add(body.code ?? status)
      await expectSound(id)
      if (status === 201) devices.push(body.id)
      else await api.send('DELETE', `/v1/devices/${String(devices.pop())}`)
    }
  }
  const stopped = coming()
  try {
    return await work()
  } finally {
    done.abort()
    await stopped
  }
}

/** Of changes asked for at once, at most one is accepted while another is under way. */
function expectOneAtATime(answers: Answer[]): void {
  for (const { status, body } of answers) {
    if (status === 202) continue
    expect([status, body.code]).toEqual([
      409,
      expect.stringMatching(/in_progress|invalid_state|not_active|no_plan/),
    ])
  }
}

describe('at the same moment', () => {
  test('a limit that is lowered and devices that are added never leave more assigned than allocated', async () => {
    const seen = new Set<unknown>()
    // They say little before they have met in all these ways, and which of two is faster is luck.
    const meetings = [201, 202, 'completed', 'licenses_exhausted', 'operation_in_progress']
    const haveMet = () => meetings.every((each) => seen.has(each))
    for (let round = 0; round < 12 || (round < 60 && !haveMet()); round++) {
      const id = await account()
      const answers = await Promise.all([setLimit(id, 4), setLimit(id, 4, 1)])
      const runs = await whileDevicesComeAndGo(id, seen, () => settled(id))
      await expectSound(id)
      expect(openAt(id)).toHaveLength(1)
      for (const { status, body } of answers) seen.add(body.code ?? status)
      for (const { status } of runs) seen.add(status)
    }
    expect([...seen]).toEqual(expect.arrayContaining(meetings))
  })

  test('two callers change one account: one change at a time, and one subscription at the end', async () => {
    const asked = [
      (id: string) => switchTo(id, 'ledger'),
      (id: string) => change(id, 'suspend', 1),
      (id: string) => setLimit(id, 9, 1),
      (id: string) => change(id, 'close'),
    ]
    for (let round = 0; round < 12; round++) {
      const id = await account()
      const order = asked.map((_, index) => asked[(index + round) % asked.length])
      const answers = await Promise.all(order.map((ask) => ask?.(id) ?? Promise.reject(new Error('none'))))
      expectOneAtATime(answers)
      expect(answers.filter(({ status }) => status === 202).length).toBeGreaterThan(0)
      await settled(id)
      await expectToAgree(id)
    }
  })

  test('a change that was decided before another one was finished is refused, and bills nobody on', async () => {
    const id = await account()
    const before = await findSubscription(engine.db, id)
    if (before === undefined) throw new Error('no subscription')
    expect((await switchTo(id, 'ledger')).status).toBe(202)
    await settled(id)
    // As it was decided while the switch was still under way, and accepted right after.
    const request = { organizationId: id, subscription: before.terms, reason: null }
    for (const kind of ['suspend-account', 'close-account'] as const) {
      const steps = engine.registry.planFor(kind, request)
      const origin = { scheduleKey: kind }
      const accepted = await acceptOperation(engine.db, { kind, request, plan: steps, origin })
      if (accepted === undefined) throw new Error('not accepted')
      const run = { kind, id: accepted.id }
      await engine.client.workflow.start(workflowTypes[kind], {
        workflowId: workflowIdOf(run),
        taskQueue: engine.taskQueue,
        args: [{ runId: run.id, plan: steps, attentionDays: 30 }],
      })
      const read = async () => (await api.send('GET', `/v1/operations/${run.id}`)).body.status
      await expect.poll(read).toBe('failed')
    }
    await expectToAgree(id)
  })
})

/** What any provider bills the account for is what we have on record. */
async function expectToAgree(id: string): Promise<void> {
  const { status, terms } = (await findSubscription(engine.db, id)) ?? {}
  const ledger = await engine.db
    .selectFrom('ledger_records')
    .select('id')
    .where('organization_id', '=', id)
    .where('kind', '=', 'subscription')
    .where('cancelled_at', 'is', null)
    .execute()
  const running = [...openAt(id), ...ledger.map((one) => one.id)]
  expect(running).toEqual(status === 'active' ? [terms?.subscriptionExternalId] : [])
}
