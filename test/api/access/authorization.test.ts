import { expect, test } from 'vitest'
import { acceptOperation } from '../../../domain/runs/accept-operation.ts'
import { findSubscription } from '../../../domain/plans/subscriptions.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { anOpenBill } from '../../builders/open-bill.ts'
import { anOrganization, setStatus } from '../../builders/organization.ts'
import { aPlan } from '../../builders/plan.ts'
import { makeStuck } from '../../builders/stuck-run.ts'
import { aUser } from '../../builders/user.ts'
import { type Answer, startApiForFile, statusAndCode } from '../api-under-test.ts'
import { changeRows } from '../../builders/rows.ts'

const api = await startApiForFile()
const partner = await anOrganization(api.db, api.platformId)
const customer = await anOrganization(api.db, partner, { type: 'customer' })
for (const organization of [partner, customer]) await aPlan(api.db, organization)
const key = await api.keyFor(partner)

const ownOrganization = [403, 'own_organization']

/** Adds an account below the partner and suspends it as the platform. */
async function anAccountSuspendedByThePlatform(): Promise<string> {
  const account = await anOrganization(api.db, partner, { type: 'customer' })
  const { body } = await api.post(`/v1/organizations/${account}/suspend`)
  const closed = { status: 'completed', closed_at: new Date() } as const
  await changeRows(api.db, 'runs', { id: String(body.id) }, closed)
  await setStatus(api.db, account, 'suspended')
  return account
}

/** Each route that changes an account, with a valid body. */
const changes = [
  ['PUT', 'plan', { kind: 'purchased', licenses: 9 }],
  ['POST', 'suspend', {}],
  ['POST', 'restore', {}],
  ['POST', 'close', {}],
] as const

test.each(changes)(
  'A partner may not %s …/%s for its own organization, and may not do a dry run of it',
  async (...change) => {
    const [method, name, body] = change
    const address = `/v1/organizations/${partner}/${name}`
    expect(statusAndCode(await api.send(method, address, { body, key }))).toEqual(ownOrganization)
    expect(statusAndCode(await api.send(method, `${address}?dryRun=true`, { body, key }))).toEqual(
      ownOrganization,
    )
    expect((await api.get('/v1/operations')).body.items).toEqual([])
  },
)

test('A partner changes the plan of an account below it and cancels that change', async () => {
  const body = { kind: 'purchased', licenses: 9 }
  const changed = await api.put(`/v1/organizations/${customer}/plan`, body, { key })
  expect(changed.status).toBe(202)
  expect((await api.post(`/v1/operations/${String(changed.body.id)}/cancel`, {}, { key })).status).toBe(202)
  const decided = await api.get(`/v1/operations/${String(changed.body.id)}/decisions`, { key })
  expect(decided.body.items).toMatchObject([{ action: 'cancel', outcome: 'taken' }])
})

test('A partner may not cancel or retry an operation of the platform on the partner itself', async () => {
  const { body } = await api.post(`/v1/organizations/${partner}/suspend`)
  for (const decision of ['cancel', 'retry'])
    expect(
      statusAndCode(await api.post(`/v1/operations/${String(body.id)}/${decision}`, {}, { key })),
    ).toEqual(ownOrganization)
})

test('The billing of an account can be cancelled by the platform, but not by the partner above the account', async () => {
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
  expect(statusAndCode(await api.post(address, {}, { key }))).toEqual([403, 'platform_only'])
  expect((await api.post(address)).status).toBe(202)
})

test.each(['write-off', 'hand-over'])(
  'The platform may %s a bill, but not the partner above the account, and another partner does not see it',
  async (way) => {
    const id = await anOpenBill(api.db, customer)
    const resolve = (by: string) => api.post(`/v1/bills/${id}/${way}`, { reason: 'Gone.' }, { key: by })
    expect((await api.get(`/v1/bills/${id}`, { key })).body).toMatchObject({ id, status: 'open' })
    expect(statusAndCode(await resolve(key))).toEqual([403, 'platform_only'])
    const stranger = await api.keyFor(await anOrganization(api.db, api.platformId))
    expect(statusAndCode(await resolve(stranger))).toEqual([404, 'not_found'])
    expect((await resolve(api.key)).status).toBe(200)
  },
)

test.each(['close', 'suspend'])(
  'A partner may not cancel the operation by which the platform %ss an account below it',
  async (change) => {
    const account = await anOrganization(api.db, partner, { type: 'customer' })
    const { body } = await api.post(`/v1/organizations/${account}/${change}`)
    const address = `/v1/operations/${String(body.id)}/cancel`
    expect(statusAndCode(await api.post(address, {}, { key }))).toEqual([403, 'decided_above'])
    expect((await api.post(address)).status).toBe(202)
  },
)

test('A partner cancels a suspension that the partner itself or a partner below it asked for', async () => {
  const below = await anOrganization(api.db, partner)
  for (const decider of [key, await api.keyFor(below)]) {
    const account = await anOrganization(api.db, below, { type: 'customer' })
    const { body } = await api.post(`/v1/organizations/${account}/suspend`, {}, { key: decider })
    const address = `/v1/operations/${String(body.id)}/cancel`
    expect((await api.post(address, {}, { key })).status).toBe(202)
  }
})

test('A partner may retry a stuck operation of the platform on an account below it', async () => {
  const account = await anOrganization(api.db, partner, { type: 'customer' })
  const { body } = await api.post(`/v1/organizations/${account}/close`)
  const [step] = body.steps as { id: string }[]
  await makeStuck(api.db, String(body.id), { step: step?.id ?? '' })
  const address = `/v1/operations/${String(body.id)}/retry`
  expect((await api.post(address, {}, { key })).status).toBe(202)
})

test('A partner may cancel an onboarding below it that the partner or the platform asked for', async () => {
  for (const adder of [key, api.key]) {
    const url = `/v1/organizations/${partner}/accounts`
    const { body } = await api.post(url, anAccountBody(), { key: adder })
    const address = `/v1/onboardings/${String(body.id)}/cancel`
    expect((await api.post(address, {}, { key })).status).toBe(202)
  }
})

test('An account that the platform suspended is restored by the platform, but not by the partner', async () => {
  const account = await anAccountSuspendedByThePlatform()
  const address = `/v1/organizations/${account}/restore`
  expect(statusAndCode(await api.post(address, {}, { key }))).toEqual([403, 'decided_above'])
  expect((await api.post(address)).status).toBe(202)
})

test('A partner may not cancel the operation by which the platform restores an account below it', async () => {
  const account = await anAccountSuspendedByThePlatform()
  const { body } = await api.post(`/v1/organizations/${account}/restore`)
  const address = `/v1/operations/${String(body.id)}/cancel`
  expect(statusAndCode(await api.post(address, {}, { key }))).toEqual([403, 'decided_above'])
  expect((await api.post(address)).status).toBe(202)
})

test('A partner cancels the adding of a user and the message to a user of its own organization', async () => {
  const organization = await anOrganization(api.db, api.platformId)
  const theirs = { key: await api.keyFor(organization) }
  const cancel = async ({ body }: Answer) =>
    (await api.post(`/v1/operations/${String(body.id)}/cancel`, {}, theirs)).status
  const user = { fullName: 'Ada Lovelace', email: 'ada@authorization.example' }
  const adding = await api.post(`/v1/organizations/${organization}/users`, user, theirs)
  expect(await cancel(adding)).toBe(202)
  const id = await aUser(api.db, organization, { fullName: 'Grace', email: 'grace@authorization.example' })
  const writing = await api.post(`/v1/users/${id}/password-instructions`, {}, theirs)
  expect(await cancel(writing)).toBe(202)
})

test('The platform can not be suspended, not even by itself', async () => {
  const answer = await api.post(`/v1/organizations/${api.platformId}/suspend`)
  expect(statusAndCode(answer)).toEqual([409, 'invalid_state'])
})
