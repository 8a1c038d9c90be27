import { describe, expect, test } from 'vitest'
import { anAccountBody } from '../../builders/account-body.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { aKeyHeader } from '../../builders/key-header.ts'
import { memoryBilling } from '../../stack/memory-billing.ts'
import { changeRows, rowsOf } from '../../builders/rows.ts'
import { statusAndCode } from '../api-under-test.ts'

const provider = memoryBilling()

const { engine, api } = await startEngineForFile({ plugins: [provider.plugin] })

const wait = { prefer: 'wait=20' }
const add = async (parent: string, body: unknown): Promise<string> =>
  (await api.post(`/v1/organizations/${parent}/accounts`, body, wait)).body.organizationId
const change = (id: string, action: 'suspend' | 'restore' | 'close', body: unknown = {}) =>
  api.post(`/v1/organizations/${id}/${action}`, body, wait)
const statusOf = async (id: string) => (await api.get(`/v1/organizations/${id}`)).body.status
const planOf = async (id: string) => (await api.get(`/v1/organizations/${id}/licenses`)).body.plan
const billed = (id: string) =>
  [...provider.subscriptions.values()].filter((sub) => sub.organizationId === id && sub.status === 'open')

const unitBody = { type: 'unit', company: { name: 'Unit', state: 'TX' } }
const partnerBody = { type: 'partner', company: { name: 'Reseller', state: 'WA' } }

/** Adds an enterprise that the memory provider bills, with a unit and a unit below that unit. */
async function enterprise() {
  const plan = { kind: 'purchased', licenses: 5, billingAdapter: 'memory' }
  const id = await add('root', anAccountBody({ type: 'enterprise', plan }))
  const unit = await add(id, unitBody)
  return { id, unit, below: await add(unit, unitBody) }
}

describe('Suspended accounts', () => {
  test('Suspending an enterprise suspends its units and stops billing, and restoring it takes back both', async () => {
    const { id, unit, below } = await enterprise()
    expect((await change(id, 'suspend', { reason: 'Unpaid.' })).body.status).toBe('completed')
    const suspended = await Promise.all([id, unit, below].map(statusOf))
    expect(suspended).toEqual(['suspended', 'suspended', 'suspended'])
    expect(billed(id)).toEqual([])
    expect(await planOf(id)).toMatchObject({ status: 'suspended' })
    const refused = await api.post(`/v1/organizations/${id}/accounts`, unitBody)
    expect(statusAndCode(refused)).toEqual([409, 'parent_not_active'])

    expect((await change(id, 'restore')).body.status).toBe('completed')
    expect(await Promise.all([id, unit, below].map(statusOf))).toEqual(['active', 'active', 'active'])
    expect(billed(id)).toHaveLength(1)
    expect(await planOf(id)).toMatchObject({ status: 'active', kind: 'purchased', billingAdapter: 'memory' })
  })

  test('Restoring an enterprise leaves a unit suspended that was suspended by itself', async () => {
    const { id, unit, below } = await enterprise()
    await change(below, 'suspend')
    await change(id, 'suspend')
    await change(id, 'restore')
    expect(await Promise.all([id, unit, below].map(statusOf))).toEqual(['active', 'active', 'suspended'])
  })

  test('An account is suspended while its provider is down, and the operation needs attention', async () => {
    const { id } = await enterprise()
    provider.downFor.add(id)
    const { body } = await change(id, 'suspend')
    expect(body).toMatchObject({ status: 'needs_attention' })
    expect(await statusOf(id)).toBe('suspended')
    provider.downFor.delete(id)
    await api.post(`/v1/operations/${body.id}/cancel`)
    await expect.poll(() => statusOf(id)).toBe('active')
    expect(await planOf(id)).toMatchObject({ status: 'active' })
    expect(billed(id)).toHaveLength(1)
  })

  test('Suspending an account ends the sessions of its users', async () => {
    const id = await add('root', anAccountBody({ email: 'out@example.com' }))
    const [user] = await rowsOf(engine.db, 'users', { organization_id: id })
    const { internalAdapter } = await engine.identity.$context
    await internalAdapter.createSession(user?.id ?? '')
    await change(id, 'suspend')
    expect(await internalAdapter.listSessions(user?.id ?? '')).toEqual([])
  })
})

test('The keys of a suspended partner are refused until the partner is restored', async () => {
  const partner = await add('root', partnerBody)
  const key = await aKeyHeader(engine.db, partner)
  const asPartner = () => api.get(`/v1/organizations/${partner}`, key)
  await change(partner, 'suspend')
  expect(await asPartner()).toMatchObject({ status: 403, body: { code: 'caller_not_active' } })
  await change(partner, 'restore')
  expect((await asPartner()).status).toBe(200)
})

test('Suspending a partner does not suspend the accounts below it or their units', async () => {
  const partner = await add('root', partnerBody)
  const company = await add(partner, anAccountBody({ type: 'enterprise' }))
  const unit = await add(company, unitBody)
  await change(partner, 'suspend')
  expect(await Promise.all([partner, company, unit].map(statusOf))).toEqual(['suspended', 'active', 'active'])
})

test('A partner can not restore an account that the platform suspended, but the platform can restore one that the partner suspended', async () => {
  const partner = await add('root', partnerBody)
  const customer = await add(partner, anAccountBody())
  const headers = { ...(await aKeyHeader(engine.db, partner)), ...wait }
  const byPartner = (action: string) => api.post(`/v1/organizations/${customer}/${action}`, {}, headers)
  await change(customer, 'suspend')
  expect(await byPartner('restore')).toMatchObject({ status: 403, body: { code: 'decided_above' } })
  expect((await change(customer, 'restore')).body.status).toBe('completed')
  await byPartner('suspend')
  expect((await byPartner('restore')).body.status).toBe('completed')
  await byPartner('close')
  expect((await change(customer, 'restore')).body.status).toBe('completed')
})

test('A trial that ended while its account was suspended can be converted after the account is restored', async () => {
  const plan = { kind: 'trial', licenses: 5, billingAdapter: 'memory' }
  const id = await add('root', anAccountBody({ plan }))
  await change(id, 'suspend')
  const ended = { trial_ends_at: new Date('2026-01-01T00:00:00Z') }
  await changeRows(engine.db, 'subscriptions', { organization_id: id }, ended)
  expect((await change(id, 'restore')).body.status).toBe('completed')
  expect(await planOf(id)).toMatchObject({ kind: 'trial', status: 'expired' })
  expect(billed(id)).toHaveLength(1)
  const converted = await api.put(`/v1/organizations/${id}/plan`, { kind: 'purchased' }, wait)
  expect(converted.body.status).toBe('completed')
  expect(billed(id)).toMatchObject([{ plan: 'purchased' }])
})

test('An account can not be suspended before its onboarding has started its billing', async () => {
  const plan = { kind: 'purchased', billingAdapter: 'memory' }
  provider.isDown = true
  const added = await api.addAccount(anAccountBody({ plan }))
  const { id, organizationId } = added.body
  expect(statusAndCode(await change(organizationId, 'suspend'))).toEqual([409, 'operation_in_progress'])
  provider.isDown = false
  await api.post(`/v1/onboardings/${id}/retry`)
  await api.until(id, 'completed')
  expect((await change(organizationId, 'suspend')).body.status).toBe('completed')
  expect(billed(organizationId)).toEqual([])
})

describe('Closed accounts', () => {
  test('Closing an enterprise closes its units and cancels its plan, and restoring it takes back both', async () => {
    const { id, unit } = await enterprise()
    await change(id, 'suspend')
    expect((await change(id, 'close')).body.status).toBe('completed')
    expect(await Promise.all([id, unit].map(statusOf))).toEqual(['closed', 'closed'])
    expect(await planOf(id)).toMatchObject({ status: 'cancelled' })
    await change(id, 'restore')
    expect(await Promise.all([id, unit].map(statusOf))).toEqual(['active', 'active'])
    expect(billed(id)).toHaveLength(1)
  })

  test('A partner with open accounts below it can not be closed', async () => {
    const partner = await add('root', partnerBody)
    const customer = await add(partner, anAccountBody())
    expect(statusAndCode(await change(partner, 'close'))).toEqual([409, 'has_open_accounts'])
    await change(customer, 'close')
    expect((await change(partner, 'close')).body.status).toBe('completed')
    expect(statusAndCode(await change(customer, 'restore'))).toEqual([409, 'parent_not_active'])
  })
})

test('An active account can not be restored, and the platform can not be closed', async () => {
  const { id } = await enterprise()
  expect(await change(id, 'restore')).toMatchObject({ status: 409, body: { code: 'invalid_state' } })
  expect(await change('root', 'close')).toMatchObject({ status: 409, body: { code: 'invalid_state' } })
})
