import { afterAll, beforeAll, expect, test } from 'vitest'
import { anAccountBody } from '../../builders/account-body.ts'
import { type EngineApi, startApiFor } from '../../stack/api.ts'
import { memoryBilling } from '../../stack/memory-billing.ts'
import { type Engine, startEngine } from '../../stack/tenantry-command.ts'

const provider = memoryBilling()
let engine: Engine
let api: EngineApi

beforeAll(async () => {
  engine = await startEngine({ plugins: [provider.plugin] })
  api = await startApiFor(engine)
})
afterAll(async () => {
  await api.close()
  await engine.stop()
})

const plan = { kind: 'purchased', licenses: 5 }

async function account(): Promise<string> {
  const { body } = await api.addAccount(anAccountBody({ plan }))
  return body.organizationId
}

const add = async (parent: string, body: unknown): Promise<string> =>
  (await api.send('POST', `/v1/organizations/${parent}/accounts`, body, { prefer: 'wait=20' })).body
    .organizationId
const patch = (id: string, defaultBillingAdapter: string) =>
  api.send('PATCH', `/v1/organizations/${id}`, { defaultBillingAdapter }, { 'if-match': '*' })
const switchTo = (id: string, billingAdapter: string, query = '') =>
  api.send('PUT', `/v1/organizations/${id}/plan${query}`, { ...plan, billingAdapter }, { prefer: 'wait=20' })
const adapterOf = async (id: string) =>
  (await api.send('GET', `/v1/organizations/${id}/licenses`)).body.plan.billingAdapter
const subscriptionsOf = (id: string) =>
  [...provider.subscriptions.values()].filter(({ organizationId }) => organizationId === id)
const ledgerSubscriptionsOf = (id: string) =>
  engine.db
    .selectFrom('ledger_records')
    .select('cancelled_at')
    .where('organization_id', '=', id)
    .where('kind', '=', 'subscription')
    .execute()

test('a switch of billing opens at the new provider, verifies, and closes at the old one', async () => {
  const id = await account()
  const dryRun = await switchTo(id, 'memory', '?dryRun=true')
  expect(dryRun.body).toMatchObject({ kind: 'switch-billing' })
  expect(dryRun.body.steps.map((step: { id: string }) => step.id)).toEqual([
    'check-billing-switch',
    'open-at-new-adapter',
    'verify-new-adapter',
    'activate-new-adapter',
    'open-bills',
    'report-usage',
    'stop-billing',
  ])
  expect(subscriptionsOf(id)).toEqual([])

  const { body } = await switchTo(id, 'memory')
  expect(body.status).toBe('completed')
  expect(await adapterOf(id)).toBe('memory')
  expect(subscriptionsOf(id)).toMatchObject([{ status: 'open', plan: 'purchased' }])
  expect(await ledgerSubscriptionsOf(id)).toEqual([{ cancelled_at: expect.any(Date) }])

  expect((await switchTo(id, 'ledger')).body.status).toBe('completed')
  expect(subscriptionsOf(id)).toMatchObject([{ status: 'cancelled' }])
})

test('a switch waits while the new provider is down, the old one goes on, and a retry finishes it', async () => {
  const id = await account()
  provider.downFor.add(id)
  const { body } = await switchTo(id, 'memory')
  expect(body).toMatchObject({ status: 'needs_attention' })
  expect(await adapterOf(id)).toBe('ledger')
  provider.downFor.delete(id)
  await api.send('POST', `/v1/operations/${body.id}/retry`, { reason: 'It is back.' })
  await expect
    .poll(async () => (await api.send('GET', `/v1/operations/${body.id}`)).body.status)
    .toBe('completed')
  expect(subscriptionsOf(id)).toHaveLength(1)
})

test('an answer that was lost after the effect is looked up, and nothing is opened twice', async () => {
  const id = await account()
  provider.loseNextAnswer = true
  const { body } = await switchTo(id, 'memory')
  expect(body.status).toBe('needs_attention')
  await api.send('POST', `/v1/operations/${body.id}/retry`, {})
  await expect
    .poll(async () => (await api.send('GET', `/v1/operations/${body.id}`)).body.status)
    .toBe('completed')
  expect(subscriptionsOf(id)).toHaveLength(1)
})

test('a switch that is cancelled leaves the account with the old provider', async () => {
  const id = await account()
  provider.downFor.add(id)
  const { body } = await switchTo(id, 'memory')
  provider.downFor.delete(id)
  await api.send('POST', `/v1/operations/${body.id}/cancel`, { reason: 'Changed our mind.' })
  await expect
    .poll(async () => (await api.send('GET', `/v1/operations/${body.id}`)).body.status)
    .toBe('cancelled')
  expect(await adapterOf(id)).toBe('ledger')
  expect(subscriptionsOf(id).filter(({ status }) => status === 'open')).toEqual([])
  expect(await ledgerSubscriptionsOf(id)).toEqual([{ cancelled_at: null }])
})

test('what a provider did before it broke down is found and undone when the switch is cancelled', async () => {
  const id = await account()
  provider.breakAfterNextEffect = true
  const { body } = await switchTo(id, 'memory')
  const statusOf = async () => (await api.send('GET', `/v1/operations/${body.id}`)).body.status
  await expect.poll(statusOf).toBe('needs_attention')
  provider.downFor.delete(id)
  await api.send('POST', `/v1/operations/${body.id}/retry`, {})
  await expect.poll(statusOf).toBe('completed')
  expect(subscriptionsOf(id)).toHaveLength(1)

  const other = await account()
  await switchTo(other, 'memory')
  provider.breakAfterNextEffect = true
  const change = { kind: 'purchased', licenses: 9, billingAdapter: 'memory' }
  const run = (await api.send('PUT', `/v1/organizations/${other}/plan`, change, { prefer: 'wait=20' })).body
  const runStatus = async () => (await api.send('GET', `/v1/operations/${run.id}`)).body.status
  await expect.poll(runStatus).toBe('needs_attention')
  provider.downFor.delete(other)
  await api.send('POST', `/v1/operations/${run.id}/cancel`, {})
  await expect.poll(runStatus).toBe('cancelled')
  expect(provider.planChanges.filter(({ organizationId }) => organizationId === other)).toMatchObject([
    { licenses: 9 },
    { licenses: 5 },
  ])
})

test('the plan and who bills it are not changed in one call', async () => {
  const id = await account()
  const both = { kind: 'purchased', licenses: 9, billingAdapter: 'memory' }
  const { status, body } = await api.send('PUT', `/v1/organizations/${id}/plan`, both)
  expect(status).toBe(422)
  expect(body.errors).toMatchObject([{ pointer: '/billingAdapter', code: 'one_change_at_a_time' }])
})

test('a partner chooses who bills the accounts below it, and a request may choose otherwise', async () => {
  const partner = await add('root', { type: 'partner', company: { name: 'Reseller', state: 'WA' } })
  const below = await add(partner, { type: 'partner', company: { name: 'Below', state: 'WA' } })
  expect((await patch(partner, 'memory')).body).toMatchObject({ defaultBillingAdapter: 'memory' })

  expect(await adapterOf(await add(below, anAccountBody({ plan })))).toBe('memory')
  const chosen = await add(below, anAccountBody({ plan: { ...plan, billingAdapter: 'ledger' } }))
  expect(await adapterOf(chosen)).toBe('ledger')
  expect(await adapterOf(await account())).toBe('ledger')

  const unknown = await patch(partner, 'nobody')
  expect(unknown.body.errors).toMatchObject([{ pointer: '/defaultBillingAdapter' }])
  const customer = await patch(chosen, 'memory')
  expect(customer.body.errors).toMatchObject([{ pointer: '/defaultBillingAdapter', code: 'not_a_partner' }])
})
