import { sql } from 'kysely'
import { afterAll, beforeAll, describe, type ExpectStatic, test } from 'vitest'
import { http } from '../../../plugins/http/plugin.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { aLicenseUse } from '../../builders/license-use.ts'
import {
  type BillingProvider,
  providerSecret,
  startBillingProvider,
} from '../../plugins/http/billing-provider.ts'
import { type EngineApi, startApiFor } from '../../stack/api.ts'
import { combinations } from '../../stack/extent.ts'
import { type Engine, startEngine } from '../../stack/tenantry-command.ts'
import { faultsAt, type Misbehaviour } from '../invoices/faults-at-provider.ts'

let provider: BillingProvider
let faults: ReturnType<typeof faultsAt>
let engine: Engine
let api: EngineApi

beforeAll(async () => {
  provider = await startBillingProvider()
  faults = faultsAt(provider)
  engine = await startEngine({ plugins: [http({ url: provider.url, secret: providerSecret })] })
  api = await startApiFor(engine)
})
afterAll(async () => {
  await api.close()
  await engine.stop()
  await provider.stop()
})

interface Operation {
  name: string
  /** The account it begins with. */
  plan: Record<string, unknown>
  prepare?(id: string): Promise<unknown>
  ask(id: string): Promise<{ status: number; body: { id: string } }>
  /** The calls to the provider that can go wrong. */
  calls: string[]
  /** What the account is like when it was done. */
  done: Record<string, unknown>
}

const put = (id: string, body: unknown) => api.send('PUT', `/v1/organizations/${id}/plan`, body)
const post = (id: string, action: string, headers = {}) =>
  api.send('POST', `/v1/organizations/${id}/${action}`, {}, headers)

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
    name: 'switch-billing to it',
    plan: { ...purchased, billingAdapter: 'ledger' },
    ask: (id) => put(id, { ...purchased, billingAdapter: 'http' }),
    calls: ['ensureCustomer', 'ensureSubscription', 'find'],
    done: { status: 'active', plan: { billingAdapter: 'http', status: 'active' } },
  },
  {
    name: 'switch-billing away from it',
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

/** Refusals need a person at once. What may pass is tried again by itself, and decided on while that goes on. */
const misbehaviours: Record<string, Omit<Misbehaviour, 'at'>> = {
  'refuses the call': { first: 'refusing', after: 'refusing' },
  'is down': { first: 'down', after: 'down' },
  'loses its answer, and is down then': { first: 'answer lost', after: 'down' },
  'loses its answer, and refuses everything then': { first: 'answer lost', after: 'refusing' },
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

describe('cancelled and undone, the account is as it was and is billed by one subscription:', () => {
  test.concurrent.for(decidedBy('cancel'))(
    '$name',
    { timeout: 60_000 },
    async ({ operation, misbehaviour }, { expect }) => {
      const { id, run, before } = await stuck(expect, operation, misbehaviour)
      const { status } = await api.send('POST', `/v1/operations/${run}/cancel`, { reason: 'Not now.' })
      expect(status).toBe(202)
      await until(expect, run, 'cancelled')
      expect(await account(id)).toEqual(before)
      await expectToAgree(expect, id)
    },
  )
})

const underWay = calls.map((call) => ({ name: `${call.operation.name}, during ${call.at}`, ...call }))

describe('cancelled while a call is under way, the account is as it was:', () => {
  test.concurrent.for(underWay)('$name', { timeout: 60_000 }, async ({ operation, at }, { expect }) => {
    const { id, before } = await prepared(operation)
    faults.set(id, { at, first: 'hanging', after: undefined })
    const run = (await operation.ask(id)).body.id
    await expect.poll(() => faults.begun(id)).toBe(true)
    await api.send('POST', `/v1/operations/${run}/cancel`, {})
    await until(expect, run, 'cancelled')
    expect(await account(id)).toEqual(before)
    await expectToAgree(expect, id)
  })
})

/** Where an operation is stuck, and the call with which it is undone. */
const undoing = [
  ['switch-billing to it', 'find', 'cancel'],
  ['switch-billing away from it', 'cancel', 'ensureSubscription'],
  ['suspend-account', 'cancel', 'ensureSubscription'],
  ['close-account', 'cancel', 'ensureSubscription'],
] as const

describe('cancelled, and undone in spite of an answer that is lost once more:', () => {
  test.concurrent.for(undoing)(
    '%s, stuck at %s, when the answer to %s is lost',
    { timeout: 60_000 },
    async ([name, at, undo], { expect }) => {
      const operation = operations.find((one) => one.name === name)
      if (operation === undefined) throw new Error('There is no such operation.')
      const lost = at === 'cancel' ? 'answer lost' : 'down'
      const { id, run, before } = await stuck(expect, operation, { at, first: lost, after: 'down' })
      faults.set(id, { at: undo, first: 'answer lost', after: undefined })
      await api.send('POST', `/v1/operations/${run}/cancel`, {})
      await until(expect, run, 'cancelled')
      expect(faults.begun(id)).toBe(true)
      expect(await account(id)).toEqual(before)
      await expectToAgree(expect, id)
    },
  )
})

describe('tried again, what was asked for is done once:', () => {
  test.concurrent.for(decidedBy('retry'))(
    '$name',
    { timeout: 60_000 },
    async ({ operation, misbehaviour }, { expect }) => {
      const { id, run, status } = await stuck(expect, operation, misbehaviour)
      // What is tried again by itself needs nobody.
      if (status === 'needs_attention') await api.send('POST', `/v1/operations/${run}/retry`, {})
      await until(expect, run, 'completed')
      expect(await account(id)).toMatchObject(operation.done)
      await expectToAgree(expect, id)
      expect(provider.books.openedFor(id)).toBe(operation.name === 'restore-account' ? 2 : 1)
    },
  )
})

/** An account whose operation has met the provider's fault. The provider works again when this returns. */
async function stuck(expect: ExpectStatic, operation: Operation, misbehaviour: Misbehaviour) {
  const { id, before } = await prepared(operation)
  faults.set(id, misbehaviour)
  const asked = await operation.ask(id)
  expect(asked.status).toBe(202)
  const run = asked.body.id
  const goesOnByItself = misbehaviour.after === 'down'
  await expect.poll(() => stepStatuses(run)).toContain(goesOnByItself ? 'retrying' : 'needs_attention')
  faults.mend(id)
  return { id, run, before, status: goesOnByItself ? 'running' : 'needs_attention' }
}

async function prepared(operation: Operation) {
  const added = await api.addAccount(anAccountBody({ plan: operation.plan }))
  const id: string = added.body.organizationId
  await operation.prepare?.(id)
  return { id, before: await account(id) }
}

async function stepStatuses(run: string): Promise<string[]> {
  const { body } = await api.send('GET', `/v1/operations/${run}`)
  return body.steps.map((step: { status: string }) => step.status)
}

async function until(expect: ExpectStatic, run: string, status: string): Promise<void> {
  const read = async () => (await api.send('GET', `/v1/operations/${run}`)).body.status
  await expect.poll(read, { timeout: 40_000, interval: 200 }).toBe(status)
}

/** What a caller sees of an account. */
async function account(id: string) {
  const organization = await api.send('GET', `/v1/organizations/${id}`)
  const licenses = await api.send('GET', `/v1/organizations/${id}/licenses`)
  return { status: organization.body.status, ...licenses.body }
}

/** Our subscription is the only one that any provider bills, if it is to be billed at all. */
async function expectToAgree(expect: ExpectStatic, id: string): Promise<void> {
  const ours = await engine.db
    .selectFrom('subscriptions')
    .select(['status', 'kind', 'billing_adapter', 'external_subscription_id'])
    .where('organization_id', '=', id)
    .executeTakeFirstOrThrow()
  const { rows } = await sql<{ externalId: string; kind: string }>`
    select id as "externalId", plan ->> 'kind' as kind from ledger_records
    where organization_id = ${id} and kind = 'subscription' and cancelled_at is null
  `.execute(engine.db)
  const running = [
    ...provider.books.runningOf(id).map((one) => ({ billing_adapter: 'http', ...one })),
    ...rows.map((one) => ({ billing_adapter: 'ledger', ...one })),
  ]
  const { status, external_subscription_id: externalId, ...rest } = ours
  const billed = status === 'active' || status === 'expired'
  expect(running).toEqual(billed ? [{ ...rest, externalId }] : [])
}

async function use(id: string): Promise<void> {
  await aLicenseUse(engine.db, id, { from: new Date().toISOString() })
}
