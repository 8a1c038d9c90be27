import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApiKey } from '../../../domain/access/api-keys.ts'
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

const wait = { prefer: 'wait=20' }
const add = async (parent: string, body: unknown): Promise<string> =>
  (await api.send('POST', `/v1/organizations/${parent}/accounts`, body, wait)).body.organizationId
const change = (id: string, action: 'suspend' | 'restore' | 'close', body: unknown = {}) =>
  api.send('POST', `/v1/organizations/${id}/${action}`, body, wait)
const statusOf = async (id: string) => (await api.send('GET', `/v1/organizations/${id}`)).body.status
const planOf = async (id: string) => (await api.send('GET', `/v1/organizations/${id}/licenses`)).body.plan
const billed = (id: string) =>
  [...provider.subscriptions.values()].filter((sub) => sub.organizationId === id && sub.status === 'open')

/** An enterprise billed by somebody else, with a unit, and a unit below that. */
async function enterprise() {
  const plan = { kind: 'purchased', licenses: 5, billingAdapter: 'memory' }
  const id = await add('root', anAccountBody({ type: 'enterprise', plan }))
  const unitBody = { type: 'unit', company: { name: 'Unit', state: 'TX' } }
  const unit = await add(id, unitBody)
  return { id, unit, below: await add(unit, unitBody) }
}

describe('an account that is suspended', () => {
  test('takes its units along, is not billed any more, and comes back whole', async () => {
    const { id, unit, below } = await enterprise()
    expect((await change(id, 'suspend', { reason: 'Unpaid.' })).body.status).toBe('completed')
    expect(await Promise.all([id, unit, below].map(statusOf))).toEqual([
      'suspended',
      'suspended',
      'suspended',
    ])
    expect(billed(id)).toEqual([])
    expect(await planOf(id)).toMatchObject({ status: 'suspended' })
    const refused = await api.send('POST', `/v1/organizations/${id}/accounts`, {
      type: 'unit',
      company: { name: 'Late', state: 'TX' },
    })
    expect(refused).toMatchObject({ status: 409, body: { code: 'parent_not_active' } })

    expect((await change(id, 'restore')).body.status).toBe('completed')
    expect(await Promise.all([id, unit, below].map(statusOf))).toEqual(['active', 'active', 'active'])
    expect(billed(id)).toHaveLength(1)
    expect(await planOf(id)).toMatchObject({ status: 'active', kind: 'purchased', billingAdapter: 'memory' })
  })

  test('leaves a unit suspended that was so on its own account', async () => {
    const { id, unit, below } = await enterprise()
    await change(below, 'suspend')
    await change(id, 'suspend')
    await change(id, 'restore')
    expect(await Promise.all([id, unit, below].map(statusOf))).toEqual(['active', 'active', 'suspended'])
  })

  test('waits for a person while its provider is down, and is suspended already', async () => {
    const { id } = await enterprise()
    provider.downFor.add(id)
    const { body } = await change(id, 'suspend')
    expect(body).toMatchObject({ status: 'needs_attention' })
    expect(await statusOf(id)).toBe('suspended')
    provider.downFor.delete(id)
    await api.send('POST', `/v1/operations/${body.id}/cancel`, {})
    await expect.poll(() => statusOf(id)).toBe('active')
    expect(await planOf(id)).toMatchObject({ status: 'active' })
    expect(billed(id)).toHaveLength(1)
  })

  test('signs its people out', async () => {
    const id = await add('root', anAccountBody({ user: { fullName: 'Ada', email: 'out@example.com' } }))
    const user = await engine.db
      .selectFrom('users')
      .select('id')
      .where('organization_id', '=', id)
      .executeTakeFirstOrThrow()
    const context = await engine.identity.$context
    await context.internalAdapter.createSession(user.id)
    await change(id, 'suspend')
    expect(await context.internalAdapter.listSessions(user.id)).toEqual([])
  })
})

test('the keys of a partner that is suspended open nothing until it is restored', async () => {
  const partner = await add('root', { type: 'partner', company: { name: 'Late Payer', state: 'WA' } })
  const { key } = await createApiKey(engine.db, { name: 'its', role: 'partner', organizationId: partner })
  const asPartner = () =>
    api.send('GET', `/v1/organizations/${partner}`, undefined, { authorization: `Bearer ${key}` })
  await change(partner, 'suspend')
  expect(await asPartner()).toMatchObject({ status: 403, body: { code: 'caller_not_active' } })
  await change(partner, 'restore')
  expect((await asPartner()).status).toBe(200)
})

test('a partner that is suspended leaves the accounts below it as they are, and their units', async () => {
  const partner = await add('root', { type: 'partner', company: { name: 'Reseller', state: 'WA' } })
  const company = await add(partner, anAccountBody({ type: 'enterprise' }))
  const unit = await add(company, { type: 'unit', company: { name: 'Unit', state: 'TX' } })
  await change(partner, 'suspend')
  expect(await Promise.all([partner, company, unit].map(statusOf))).toEqual(['suspended', 'active', 'active'])
})

test('what the platform suspended is not restored by the partner in between, and the other way round it is', async () => {
  const partner = await add('root', { type: 'partner', company: { name: 'Reseller', state: 'WA' } })
  const customer = await add(partner, anAccountBody())
  const { key } = await createApiKey(engine.db, { name: 'its', role: 'partner', organizationId: partner })
  const headers = { authorization: `Bearer ${key}`, ...wait }
  const byPartner = (action: string) =>
    api.send('POST', `/v1/organizations/${customer}/${action}`, {}, headers)
  await change(customer, 'suspend')
  expect(await byPartner('restore')).toMatchObject({ status: 403, body: { code: 'decided_above' } })
  expect((await change(customer, 'restore')).body.status).toBe('completed')
  await byPartner('suspend')
  expect((await byPartner('restore')).body.status).toBe('completed')
  await byPartner('close')
  expect((await change(customer, 'restore')).body.status).toBe('completed')
})

test('a trial that ran out while its account was suspended can be converted once it is restored', async () => {
  const plan = { kind: 'trial', licenses: 5, billingAdapter: 'memory' }
  const id = await add('root', anAccountBody({ plan }))
  await change(id, 'suspend')
  await engine.db
    .updateTable('subscriptions')
    .set({ trial_ends_at: new Date('2026-01-01T00:00:00Z') })
    .where('organization_id', '=', id)
    .execute()
  expect((await change(id, 'restore')).body.status).toBe('completed')
  expect(await planOf(id)).toMatchObject({ kind: 'trial', status: 'expired' })
  expect(billed(id)).toHaveLength(1)
  const converted = await api.send('PUT', `/v1/organizations/${id}/plan`, { kind: 'purchased' }, wait)
  expect(converted.body.status).toBe('completed')
  expect(billed(id)).toMatchObject([{ plan: 'purchased' }])
})

test('an account that is being added, and is to be billed, is not suspended before that', async () => {
  const plan = { kind: 'purchased', billingAdapter: 'memory' }
  provider.isDown = true
  const added = await api.addAccount(anAccountBody({ plan }))
  const { id, organizationId } = added.body
  expect(await change(organizationId, 'suspend')).toMatchObject({
    status: 409,
    body: { code: 'operation_in_progress' },
  })
  provider.isDown = false
  await api.send('POST', `/v1/onboardings/${id}/retry`, {})
  await api.until(id, 'completed')
  expect((await change(organizationId, 'suspend')).body.status).toBe('completed')
  expect(billed(organizationId)).toEqual([])
})

describe('an account that is closed', () => {
  test('keeps its data, takes its units along, and can be restored', async () => {
    const { id, unit } = await enterprise()
    await change(id, 'suspend')
    expect((await change(id, 'close')).body.status).toBe('completed')
    expect(await Promise.all([id, unit].map(statusOf))).toEqual(['closed', 'closed'])
    expect(await planOf(id)).toMatchObject({ status: 'cancelled' })
    await change(id, 'restore')
    expect(await Promise.all([id, unit].map(statusOf))).toEqual(['active', 'active'])
    expect(billed(id)).toHaveLength(1)
  })

  test('is refused while accounts below it are open', async () => {
    const partner = await add('root', { type: 'partner', company: { name: 'Reseller', state: 'WA' } })
    const customer = await add(partner, anAccountBody())
    expect(await change(partner, 'close')).toMatchObject({
      status: 409,
      body: { code: 'has_open_accounts' },
    })
    await change(customer, 'close')
    expect((await change(partner, 'close')).body.status).toBe('completed')
    expect(await change(customer, 'restore')).toMatchObject({
      status: 409,
      body: { code: 'parent_not_active' },
    })
  })
})

test('what is active is not restored, and the platform is never closed', async () => {
  const { id } = await enterprise()
  expect(await change(id, 'restore')).toMatchObject({ status: 409, body: { code: 'invalid_state' } })
  expect(await change('root', 'close')).toMatchObject({ status: 409, body: { code: 'invalid_state' } })
})
