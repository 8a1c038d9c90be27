import { sql } from 'kysely'
import { afterAll, describe, type ExpectStatic, test } from 'vitest'
import { http } from '../../../plugins/http/plugin.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { aLicenseUse } from '../../builders/license-use.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { providerSecret, startBillingProvider } from '../../plugins/http/billing-provider.ts'
import { combinations } from '../../stack/extent.ts'
import { faultsAt, type Misbehaviour } from '../invoices/faults-at-provider.ts'
import { rowsOf } from '../../builders/rows.ts'

const provider = await startBillingProvider()
afterAll(() => provider.stop())
const faults = faultsAt(provider)
const { engine, api } = await startEngineForFile({
  plugins: [http({ url: provider.url, secret: providerSecret })],
})

interface Operation {
  name: string
  /** The plan of the account before the change. */
  plan: Record<string, unknown>
  prepare?(id: string): Promise<unknown>
  ask(id: string): Promise<{ status: number; body: { id: string } }>
  /** The calls to the provider that can fail. */
  calls: string[]
  /** The account after the change, as the API shows it. */
  done: Record<string, unknown>
}

const put = (id: string, body: unknown) => api.put(`/v1/organizations/${id}/plan`, body)
const post = (id: string, action: string, headers = {}) =>
  api.post(`/v1/organizations/${id}/${action}`, {}, headers)

const trial = { kind: 'trial', licenses: 3, billingAdapter: 'http' }
const purchased = { kind: 'purchased', licenses: 3 }

const operations: Operation[] = [
  {
    name: 'change-plan',
    plan: trial,
    ask: (id) => put(id, { kind: 'purchased', licenses: 9 }),
    calls: ['changePlan'],
    done: { status: 'active', allocated: 9, plan: { kind: 'purchased', status: 'active' } },
  },
  {
    name: 'switch-billing to the provider',
    plan: { ...purchased, billingAdapter: 'ledger' },
    ask: (id) => put(id, { ...purchased, billingAdapter: 'http' }),
    calls: ['ensureCustomer', 'ensureSubscription', 'find'],
    done: { status: 'active', plan: { billingAdapter: 'http', status: 'active' } },
  },
  {
    name: 'switch-billing away from the provider',
    plan: { ...purchased, billingAdapter: 'http' },
    prepare: use,
    ask: (id) => put(id, { ...purchased, billingAdapter: 'ledger' }),
    calls: ['reportUsage', 'cancel'],
    done: { status: 'active', plan: { billingAdapter: 'ledger', status: 'active' } },
  },
  {
    name: 'suspend-account',
    plan: { ...purchased, billingAdapter: 'http' },
    prepare: use,
    ask: (id) => post(id, 'suspend'),
    calls: ['reportUsage', 'cancel'],
    done: { status: 'suspended', plan: { status: 'suspended' } },
  },
  {
    name: 'close-account',
    plan: trial,
    ask: (id) => post(id, 'close'),
    calls: ['cancel'],
    done: { status: 'closed', plan: { status: 'cancelled' } },
  },
  {
    name: 'restore-account',
    plan: { ...purchased, billingAdapter: 'http' },
    prepare: (id) => post(id, 'suspend', { prefer: 'wait=20' }),
    ask: (id) => post(id, 'restore'),
    calls: ['ensureSubscription'],
    done: { status: 'active', plan: { status: 'active' } },
  },
]

/** A refusal needs attention at once. A provider that is down is retried, and the test decides while the retries go on. */
const misbehaviours: Record<string, Omit<Misbehaviour, 'at'>> = {
  'refuses the call': { first: 'refusing', after: 'refusing' },
  'is down': { first: 'down', after: 'down' },
  'loses its answer and then is down': { first: 'answer lost', after: 'down' },
  'loses its answer and then refuses every call': { first: 'answer lost', after: 'refusing' },
}

const calls = operations.flatMap((operation) => operation.calls.map((at) => ({ operation, at })))

const cases = combinations(calls, Object.entries(misbehaviours), ['cancel', 'retry'] as const).map(
  ([{ operation, at }, [how, misbehaviour], decision]) => ({
    name: `${operation.name}, when the provider ${how} at ${at}`,
    operation,
    misbehaviour: { ...misbehaviour, at },
    decision,
  }),
)
const decidedBy = (decision: 'cancel' | 'retry') => cases.filter((one) => one.decision === decision)

describe('After a cancel the account is as before, and one subscription bills it', () => {
  test.concurrent.for(decidedBy('cancel'))(
    '$name',
    { timeout: 60_000 },
    async ({ operation, misbehaviour }, { expect }) => {
      const { id, runId, before } = await stuck(expect, operation, misbehaviour)
      const { status } = await api.post(`/v1/operations/${runId}/cancel`, { reason: 'Not now.' })
      expect(status).toBe(202)
      await until(expect, runId, 'cancelled')
      expect(await account(id)).toEqual(before)
      await expectToAgree(expect, id)
    },
  )
})

const underWay = calls.map((call) => ({ name: `${call.operation.name}, during ${call.at}`, ...call }))

describe('After a cancel during a call the account is as before', () => {
  test.concurrent.for(underWay)('$name', { timeout: 60_000 }, async ({ operation, at }, { expect }) => {
    const { id, before } = await prepared(operation)
    faults.set(id, { at, first: 'hanging', after: undefined })
    const runId = (await operation.ask(id)).body.id
    await expect.poll(() => faults.begun(id)).toBe(true)
    await api.post(`/v1/operations/${runId}/cancel`)
    await until(expect, runId, 'cancelled')
    expect(await account(id)).toEqual(before)
    await expectToAgree(expect, id)
  })
})

/** The call at which an operation is stuck, and the call that undoes it. */
const undoing = [
  ['switch-billing to the provider', 'find', 'cancel'],
  ['switch-billing away from the provider', 'cancel', 'ensureSubscription'],
  ['suspend-account', 'cancel', 'ensureSubscription'],
  ['close-account', 'cancel', 'ensureSubscription'],
] as const

describe('A lost answer during the undo does not prevent the undo', () => {
  test.concurrent.for(undoing)(
    '%s that is stuck at %s is undone, although the answer to %s is lost',
    { timeout: 60_000 },
    async ([name, at, undo], { expect }) => {
      const operation = operations.find((one) => one.name === name)
      if (operation === undefined) throw new Error('There is no such operation.')
      const lost = at === 'cancel' ? 'answer lost' : 'down'
      const { id, runId, before } = await stuck(expect, operation, { at, first: lost, after: 'down' })
      faults.set(id, { at: undo, first: 'answer lost', after: undefined })
      await api.post(`/v1/operations/${runId}/cancel`)
      await until(expect, runId, 'cancelled')
      expect(faults.begun(id)).toBe(true)
      expect(await account(id)).toEqual(before)
      await expectToAgree(expect, id)
    },
  )
})

describe('After a retry the change is made once', () => {
  test.concurrent.for(decidedBy('retry'))(
    '$name',
    { timeout: 60_000 },
    async ({ operation, misbehaviour }, { expect }) => {
      const { id, runId, status } = await stuck(expect, operation, misbehaviour)
      // A step that Temporal retries needs no decision.
      if (status === 'needs_attention') await api.post(`/v1/operations/${runId}/retry`)
      await until(expect, runId, 'completed')
      expect(await account(id)).toMatchObject(operation.done)
      await expectToAgree(expect, id)
      expect(provider.books.openedFor(id)).toBe(operation.name === 'restore-account' ? 2 : 1)
    },
  )
})

/** Starts a change and waits until the fault of the provider stops it. Then mends the provider. */
async function stuck(expect: ExpectStatic, operation: Operation, misbehaviour: Misbehaviour) {
  const { id, before } = await prepared(operation)
  faults.set(id, misbehaviour)
  const asked = await operation.ask(id)
  expect(asked.status).toBe(202)
  const runId = asked.body.id
  const goesOnByItself = misbehaviour.after === 'down'
  await expect.poll(() => stepStatuses(runId)).toContain(goesOnByItself ? 'retrying' : 'needs_attention')
  faults.mend(id)
  return { id, runId, before, status: goesOnByItself ? 'running' : 'needs_attention' }
}

async function prepared(operation: Operation) {
  const added = await api.addAccount(anAccountBody({ plan: operation.plan }))
  const id: string = added.body.organizationId
  await operation.prepare?.(id)
  return { id, before: await account(id) }
}

async function stepStatuses(runId: string): Promise<string[]> {
  const { body } = await api.get(`/v1/operations/${runId}`)
  return body.steps.map((step: { status: string }) => step.status)
}

async function until(expect: ExpectStatic, runId: string, status: string): Promise<void> {
  const read = async () => (await api.get(`/v1/operations/${runId}`)).body.status
  await expect.poll(read, { timeout: 40_000, interval: 200 }).toBe(status)
}

/** Reads an account as a caller sees it. */
async function account(id: string) {
  const organization = await api.get(`/v1/organizations/${id}`)
  const licenses = await api.get(`/v1/organizations/${id}/licenses`)
  return { status: organization.body.status, ...licenses.body }
}

/** Expects that the account is billed by our subscription only, or by none if it is not to be billed. */
async function expectToAgree(expect: ExpectStatic, id: string): Promise<void> {
  const [ours] = await rowsOf(engine.db, 'subscriptions', { organization_id: id })
  const { rows } = await sql<{ externalId: string; kind: string }>`
    select id as "externalId", plan ->> 'kind' as kind from ledger_records
    where organization_id = ${id} and kind = 'subscription' and cancelled_at is null
  `.execute(engine.db)
  const running = [
    ...provider.books.runningOf(id).map((one) => ({ billing_adapter: 'http', ...one })),
    ...rows.map((one) => ({ billing_adapter: 'ledger', ...one })),
  ]
  const { kind, billing_adapter, external_subscription_id: externalId } = ours ?? {}
  const billed = ours?.status === 'active' || ours?.status === 'expired'
  expect(running).toEqual(billed ? [{ kind, billing_adapter, externalId }] : [])
}

async function use(id: string): Promise<void> {
  await aLicenseUse(engine.db, id, { from: new Date().toISOString() })
}
