import { describe, expect, test } from 'vitest'
import { acceptOperation } from '../../../domain/runs/accept-operation.ts'
import { findSubscription } from '../../../domain/plans/subscriptions.ts'
import { workflowIdOf, workflowTypes } from '../../../workflows/contract.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { aKeyHeader } from '../../builders/key-header.ts'
import { memoryBilling } from '../../stack/memory-billing.ts'
import { untilOperation } from '../runs/run-calls.ts'
import { rowsOf } from '../../builders/rows.ts'
import { statusAndCode } from '../api-under-test.ts'

const provider = memoryBilling()

const { engine, api } = await startEngineForFile({ plugins: [provider.plugin] })
/** Two callers, each with a key of its own. */
const callers = [await aKeyHeader(engine.db), await aKeyHeader(engine.db)]

const plan = { kind: 'purchased', licenses: 5, billingAdapter: 'memory' }
const account = async (): Promise<string> =>
  (await api.addAccount(anAccountBody({ plan }))).body.organizationId
const setLimit = (id: string, licenses: number, caller = 0) =>
  api.put(`/v1/organizations/${id}/plan`, { kind: 'purchased', licenses }, callers[caller])
const switchTo = (id: string, billingAdapter: string, caller = 0) =>
  api.put(`/v1/organizations/${id}/plan`, { ...plan, billingAdapter }, callers[caller])
const change = (id: string, action: string, caller = 0) =>
  api.post(`/v1/organizations/${id}/${action}`, {}, callers[caller])
const addDevice = (id: string) => api.post(`/v1/organizations/${id}/devices`, { name: 'Laptop' }, callers[1])

/** Waits until the operations of an account are closed, and reads them. Cancels those that are stuck, as a person would. */
async function closedOperations(id: string): Promise<{ id: string; status: string }[]> {
  const read = async (): Promise<{ id: string; status: string }[]> =>
    (await api.get(`/v1/operations?organizationId=${id}`)).body.items
  await expect
    .poll(async () => {
      const runs = await read()
      for (const run of runs.filter(({ status }) => status === 'needs_attention'))
        await api.post(`/v1/operations/${run.id}/cancel`)
      return runs.filter(({ status }) => !['completed', 'cancelled', 'failed'].includes(status))
    })
    .toEqual([])
  return read()
}

const openAt = (id: string) =>
  [...provider.subscriptions]
    .filter(([, one]) => one.organizationId === id && one.status === 'open')
    .map(([externalId]) => externalId)

/** Expects that no device holds two licenses, that the assigned ones fit the allocated, and that the API agrees with the rows. */
async function expectSound(id: string): Promise<void> {
  const all = await rowsOf(engine.db, 'license_assignments', { pool_organization_id: id })
  const rows = all.filter(({ released_at }) => released_at === null)
  expect(new Set(rows.map((row) => row.device_id)).size).toBe(rows.length)
  const { allocated, assigned, available } = (await api.get(`/v1/organizations/${id}/licenses`)).body
  // The test adds or removes one device at a time, so both reads see the same rows.
  expect(assigned).toBe(rows.length)
  expect(assigned).toBeLessThanOrEqual(allocated)
  expect(available).toBe(allocated - assigned)
}

/** Takes the last license and frees it again and again until the work ends. */
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

/** Expects that each change was accepted, or refused because of another one. */
function expectOneAtATime(answers: Parameters<typeof statusAndCode>[0][]): void {
  const another = expect.stringMatching(/in_progress|invalid_state|not_active|no_plan/)
  for (const answer of answers.filter(({ status }) => status !== 202))
    expect(statusAndCode(answer)).toEqual([409, another])
}

describe('Changes at the same moment', () => {
  test('A limit that is lowered while devices are added never leaves more licenses assigned than allocated', async () => {
    const seen = new Set<unknown>()
    // The rounds go on until the requests have met in all these ways, because which request is faster is chance.
    const meetings = [201, 202, 'completed', 'licenses_exhausted', 'operation_in_progress']
    const haveMet = () => meetings.every((each) => seen.has(each))
    for (let round = 0; round < 12 || (round < 60 && !haveMet()); round++) {
      const id = await account()
      const answers = await Promise.all([setLimit(id, 4), setLimit(id, 4, 1)])
      const runs = await whileDevicesComeAndGo(id, seen, () => closedOperations(id))
      await expectSound(id)
      expect(openAt(id)).toHaveLength(1)
      for (const { status, body } of answers) seen.add(body.code ?? status)
      for (const { status } of runs) seen.add(status)
    }
    expect([...seen]).toEqual(expect.arrayContaining(meetings))
  })

  test('Two callers who change one account make one change at a time and leave one subscription', async () => {
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
      await closedOperations(id)
      await expectToAgree(id)
    }
  })

  test('A change that was planned before another change ended fails and leaves no second subscription', async () => {
    const id = await account()
    const before = await findSubscription(engine.db, id)
    if (before === undefined) throw new Error('no subscription')
    expect((await switchTo(id, 'ledger')).status).toBe(202)
    await closedOperations(id)
    // The request has the subscription from before the switch, as if it was planned during the switch and accepted after it.
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
      await untilOperation(api, run.id, 'failed')
    }
    await expectToAgree(id)
  })
})

/** Expects that the providers bill the account by the subscription on record only. */
async function expectToAgree(id: string): Promise<void> {
  const { status, terms } = (await findSubscription(engine.db, id)) ?? {}
  const records = await rowsOf(engine.db, 'ledger_records', { organization_id: id, kind: 'subscription' })
  const atLedger = records.filter(({ cancelled_at }) => cancelled_at === null)
  const running = [...openAt(id), ...atLedger.map((one) => one.id)]
  expect(running).toEqual(status === 'active' ? [terms?.subscriptionExternalId] : [])
}
