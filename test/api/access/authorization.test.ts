import { afterAll, beforeAll, expect, test } from 'vitest'
import { acceptOperation } from '../../../domain/runs/accept-operation.ts'
import { newId } from '../../../domain/ids.ts'
import { findSubscription } from '../../../domain/plans/subscriptions.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { anOrganization } from '../../builders/organization.ts'
import { aPlan } from '../../builders/plan.ts'
import { getStuck } from '../../builders/stuck-onboarding.ts'
import { type Answer, type ApiUnderTest, startApi } from '../api-under-test.ts'

let api: ApiUnderTest
let partner: string
let customer: string
let key: string
beforeAll(async () => {
  api = await startApi()
  partner = await anOrganization(api.db, api.platformId)
  customer = await anOrganization(api.db, partner, { type: 'customer' })
  for (const organization of [partner, customer]) await aPlan(api.db, organization)
  key = await api.keyFor(partner)
})
afterAll(() => api.close())

const codeOf = ({ status, body }: Answer) => [status, body.code]
const own = [403, 'own_organization']

/** An account below the partner that the platform has suspended. */
async function suspendedByThePlatform(): Promise<string> {
  const account = await anOrganization(api.db, partner, { type: 'customer' })
  const { body } = await api.send('POST', `/v1/organizations/${account}/suspend`, { body: {} })
  await api.db
    .updateTable('runs')
    .set({ status: 'completed', closed_at: new Date() })
    .where('id', '=', String(body.id))
    .execute()
  await api.db.updateTable('organizations').set({ status: 'suspended' }).where('id', '=', account).execute()
  return account
}

/** The ways to change an account, with a body that each takes. */
const changes = [
  ['PUT', 'plan', { kind: 'purchased', licenses: 9 }],
  ['POST', 'suspend', {}],
  ['POST', 'restore', {}],
  ['POST', 'close', {}],
] as const

test.each(changes)(
  'a partner may not %s …/%s its own organization, nor see what that would do',
  async (...change) => {
    const [method, name, body] = change
    const address = `/v1/organizations/${partner}/${name}`
    expect(codeOf(await api.send(method, address, { body, key }))).toEqual(own)
    expect(codeOf(await api.send(method, `${address}?dryRun=true`, { body, key }))).toEqual(own)
    expect((await api.send('GET', '/v1/operations')).body.items).toEqual([])
  },
)

test('a partner decides on the accounts below it', async () => {
  const body = { kind: 'purchased', licenses: 9 }
  const changed = await api.send('PUT', `/v1/organizations/${customer}/plan`, { body, key })
  expect(changed.status).toBe(202)
  expect(
    (await api.send('POST', `/v1/operations/${String(changed.body.id)}/cancel`, { body: {}, key })).status,
  ).toBe(202)
  const decided = await api.send('GET', `/v1/operations/${String(changed.body.id)}/decisions`, { key })
  expect(decided.body.items).toMatchObject([{ action: 'cancel', outcome: 'taken' }])
})

test('a partner may not cancel what the platform does to it', async () => {
  const { body } = await api.send('POST', `/v1/organizations/${partner}/suspend`, { body: {} })
  for (const decision of ['cancel', 'retry'])
    expect(
      codeOf(await api.send('POST', `/v1/operations/${String(body.id)}/${decision}`, { body: {}, key })),
    ).toEqual(own)
})

test('a partner may not cancel the billing of an account below it, and the platform may', async () => {
  const subscription = (await findSubscription(api.db, customer))?.terms
  if (subscription === undefined) throw new Error('The customer has a plan')
  const request = { organizationId: customer, month: '2026-10', subscription }
  const plan = api.registry.planFor('bill-account', request)
  const accepted = await acceptOperation(api.db, {
    kind: 'bill-account',
    request,
    plan,
    origin: { scheduleKey: '2026-10' },
  })
  const address = `/v1/operations/${accepted?.id ?? ''}/cancel`
  expect(codeOf(await api.send('POST', address, { body: {}, key }))).toEqual([403, 'platform_only'])
  expect((await api.send('POST', address, { body: {} })).status).toBe(202)
})

test.each(['close', 'suspend'])(
  'a partner may not cancel that the platform does %s an account below it',
  async (change) => {
    const account = await anOrganization(api.db, partner, { type: 'customer' })
    const { body } = await api.send('POST', `/v1/organizations/${account}/${change}`, { body: {} })
    const address = `/v1/operations/${String(body.id)}/cancel`
    expect(codeOf(await api.send('POST', address, { body: {}, key }))).toEqual([403, 'decided_above'])
    expect((await api.send('POST', address, { body: {} })).status).toBe(202)
  },
)

test('a partner takes back what it decided itself, or what somebody below it did', async () => {
  const below = await anOrganization(api.db, partner)
  for (const decider of [key, await api.keyFor(below)]) {
    const account = await anOrganization(api.db, below, { type: 'customer' })
    const { body } = await api.send('POST', `/v1/organizations/${account}/suspend`, {
      body: {},
      key: decider,
    })
    const address = `/v1/operations/${String(body.id)}/cancel`
    expect((await api.send('POST', address, { body: {}, key })).status).toBe(202)
  }
})

test('a partner may have tried again what the platform does to an account below it', async () => {
  const account = await anOrganization(api.db, partner, { type: 'customer' })
  const { body } = await api.send('POST', `/v1/organizations/${account}/close`, { body: {} })
  const [step] = body.steps as { id: string }[]
  await getStuck(api.db, String(body.id), { step: step?.id ?? '' })
  const address = `/v1/operations/${String(body.id)}/retry`
  expect((await api.send('POST', address, { body: {}, key })).status).toBe(202)
})

test('a partner may cancel an account that it, or the platform, is adding below it', async () => {
  for (const adder of [key, api.key]) {
    const url = `/v1/organizations/${partner}/accounts`
    const { body } = await api.send('POST', url, { body: anAccountBody(), key: adder })
    const address = `/v1/onboardings/${String(body.id)}/cancel`
    expect((await api.send('POST', address, { body: {}, key })).status).toBe(202)
  }
})

test('a partner does not restore what the platform suspended, and the platform does', async () => {
  const account = await suspendedByThePlatform()
  const address = `/v1/organizations/${account}/restore`
  expect(codeOf(await api.send('POST', address, { body: {}, key }))).toEqual([403, 'decided_above'])
  expect((await api.send('POST', address, { body: {} })).status).toBe(202)
})

test('a partner may cancel that the platform restores an account below it', async () => {
  const account = await suspendedByThePlatform()
  const { body } = await api.send('POST', `/v1/organizations/${account}/restore`, { body: {} })
  const address = `/v1/operations/${String(body.id)}/cancel`
  expect((await api.send('POST', address, { body: {}, key })).status).toBe(202)
})

test('a partner decides on the users of its own organization, and on what is written to them', async () => {
  const organization = await anOrganization(api.db, api.platformId)
  const theirs = { key: await api.keyFor(organization) }
  const cancel = async ({ body }: Answer) =>
    (await api.send('POST', `/v1/operations/${String(body.id)}/cancel`, { body: {}, ...theirs })).status
  const user = { fullName: 'Ada Lovelace', email: 'ada@own-affairs.example' }
  const adding = await api.send('POST', `/v1/organizations/${organization}/users`, { body: user, ...theirs })
  expect(await cancel(adding)).toBe(202)
  const id = newId('usr')
  await api.db
    .insertInto('users')
    .values({ id, organization_id: organization, full_name: 'Grace', email: 'grace@own-affairs.example' })
    .execute()
  const writing = await api.send('POST', `/v1/users/${id}/password-instructions`, { body: {}, ...theirs })
  expect(await cancel(writing)).toBe(202)
})

test('the platform decides on itself as far as it can be decided', async () => {
  const answer = await api.send('POST', `/v1/organizations/${api.platformId}/suspend`, { body: {} })
  expect(codeOf(answer)).toEqual([409, 'invalid_state'])
})
