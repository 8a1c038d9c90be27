import { expect, test } from 'vitest'
import { anAccountBody } from '../../builders/account-body.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { memoryBilling } from '../../stack/memory-billing.ts'
import { untilOperation } from '../runs/run-calls.ts'
import { rowsOf } from '../../builders/rows.ts'
import { idsOf } from '../api-under-test.ts'

const provider = memoryBilling()

const { engine, api } = await startEngineForFile({ plugins: [provider.plugin] })

const plan = { kind: 'purchased', licenses: 5 }

const account = async (): Promise<string> =>
  (await api.addAccount(anAccountBody({ plan }))).body.organizationId
const add = async (parent: string, body: unknown): Promise<string> =>
  (await api.post(`/v1/organizations/${parent}/accounts`, body, { prefer: 'wait=20' })).body.organizationId
const patch = (id: string, defaultBillingAdapter: string) =>
  api.patch(`/v1/organizations/${id}`, { defaultBillingAdapter }, { 'if-match': '*' })
const switchTo = (id: string, billingAdapter: string, query = '') =>
  api.put(`/v1/organizations/${id}/plan${query}`, { ...plan, billingAdapter }, { prefer: 'wait=20' })
const adapterOf = async (id: string) =>
  (await api.get(`/v1/organizations/${id}/licenses`)).body.plan.billingAdapter
const subscriptionsOf = (id: string) =>
  [...provider.subscriptions.values()].filter(({ organizationId }) => organizationId === id)
const ledgerSubscriptionsOf = (id: string) =>
  rowsOf(engine.db, 'ledger_records', { organization_id: id, kind: 'subscription' })

test('A switch of billing opens a subscription at the new provider, verifies it, and ends the old one', async () => {
  const id = await account()
  const dryRun = await switchTo(id, 'memory', '?dryRun=true')
  expect(dryRun.body).toMatchObject({ kind: 'switch-billing' })
  expect(idsOf(dryRun.body.steps)).toEqual([
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
  expect(await ledgerSubscriptionsOf(id)).toMatchObject([{ cancelled_at: expect.any(Date) }])

  expect((await switchTo(id, 'ledger')).body.status).toBe('completed')
  expect(subscriptionsOf(id)).toMatchObject([{ status: 'cancelled' }])
})

test('A switch needs attention while the new provider is down, the old provider goes on, and a retry completes it', async () => {
  const id = await account()
  provider.downFor.add(id)
  const { body } = await switchTo(id, 'memory')
  expect(body).toMatchObject({ status: 'needs_attention' })
  expect(await adapterOf(id)).toBe('ledger')
  provider.downFor.delete(id)
  await api.post(`/v1/operations/${body.id}/retry`, { reason: 'It is back.' })
  await untilOperation(api, body.id, 'completed')
  expect(subscriptionsOf(id)).toHaveLength(1)
})

test('A lost answer of the new provider is looked up, and no second subscription is opened', async () => {
  const id = await account()
  provider.loseNextAnswer = true
  const { body } = await switchTo(id, 'memory')
  expect(body.status).toBe('needs_attention')
  await api.post(`/v1/operations/${body.id}/retry`)
  await untilOperation(api, body.id, 'completed')
  expect(subscriptionsOf(id)).toHaveLength(1)
})

test('A cancelled switch leaves the account with the old provider', async () => {
  const id = await account()
  provider.downFor.add(id)
  const { body } = await switchTo(id, 'memory')
  provider.downFor.delete(id)
  await api.post(`/v1/operations/${body.id}/cancel`, { reason: 'Changed our mind.' })
  await untilOperation(api, body.id, 'cancelled')
  expect(await adapterOf(id)).toBe('ledger')
  expect(subscriptionsOf(id).filter(({ status }) => status === 'open')).toEqual([])
  expect(await ledgerSubscriptionsOf(id)).toMatchObject([{ cancelled_at: null }])
})

test('An effect of a provider that broke down is found by a retry and undone by a cancel', async () => {
  const id = await account()
  provider.breakAfterNextEffect = true
  const { body } = await switchTo(id, 'memory')
  await untilOperation(api, body.id, 'needs_attention')
  provider.downFor.delete(id)
  await api.post(`/v1/operations/${body.id}/retry`)
  await untilOperation(api, body.id, 'completed')
  expect(subscriptionsOf(id)).toHaveLength(1)

  const other = await account()
  await switchTo(other, 'memory')
  provider.breakAfterNextEffect = true
  const change = { kind: 'purchased', licenses: 9, billingAdapter: 'memory' }
  const run = (await api.put(`/v1/organizations/${other}/plan`, change, { prefer: 'wait=20' })).body
  await untilOperation(api, run.id, 'needs_attention')
  provider.downFor.delete(other)
  await api.post(`/v1/operations/${run.id}/cancel`)
  await untilOperation(api, run.id, 'cancelled')
  expect(provider.planChanges.filter(({ organizationId }) => organizationId === other)).toMatchObject([
    { licenses: 9 },
    { licenses: 5 },
  ])
})

test('One call can not change both the plan and the billing provider', async () => {
  const id = await account()
  const both = { kind: 'purchased', licenses: 9, billingAdapter: 'memory' }
  const { status, body } = await api.put(`/v1/organizations/${id}/plan`, both)
  expect(status).toBe(422)
  expect(body.errors).toMatchObject([{ pointer: '/billingAdapter', code: 'one_change_at_a_time' }])
})

test('A partner sets the billing adapter of the accounts below it, and a request can override it', async () => {
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
