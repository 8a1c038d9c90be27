import { describe, expect, test } from 'vitest'
import { organizationChangesExample } from '../../../api/organizations/schemas.ts'
import { openLicensePool } from '../../../domain/licenses/license-pools.ts'
import { anOrganization } from '../../builders/organization.ts'
import { aPlan } from '../../builders/plan.ts'
import { aUser } from '../../builders/user.ts'
import { type Answer, firstTwoPages, idsOf, itemsOf, pointersOf, startApiForFile } from '../api-under-test.ts'

const api = await startApiForFile()
const partner = await anOrganization(api.db, api.platformId, { name: 'Contoso' })
const customer = await anOrganization(api.db, partner, { type: 'customer', name: '100%_Northwind' })
const partnerKey = await api.keyFor(partner)

async function search(q: string): Promise<unknown[]> {
  return itemsOf(await api.get(`/v1/organizations?q=${encodeURIComponent(q)}`)).map(({ id }) => id)
}

function change(body: unknown, version?: string): Promise<Answer> {
  const headers = version === undefined ? {} : { 'if-match': version }
  return api.patch(`/v1/organizations/${customer}`, body, { headers })
}

async function licensesOf(id: string): Promise<Record<string, unknown>> {
  return (await api.get(`/v1/organizations/${id}/licenses`)).body
}

describe('The view of a partner', () => {
  test('A partner sees itself and the organizations below it', async () => {
    const list = await api.get('/v1/organizations', { key: partnerKey })
    expect(idsOf(itemsOf(list))).toEqual([partner, customer])
    expect((await api.get(`/v1/organizations/${customer}`, { key: partnerKey })).status).toBe(200)
  })

  test('A partner gets 404 for the platform and for other partners', async () => {
    const neighbour = await anOrganization(api.db, api.platformId)
    for (const id of ['root', api.platformId, neighbour]) {
      for (const below of ['', '/children', '/licenses', '/users']) {
        const answer = await api.get(`/v1/organizations/${id}${below}`, { key: partnerKey })
        expect(answer.status).toBe(404)
      }
      const headers = { 'if-match': '*' }
      const patch = await api.patch(`/v1/organizations/${id}`, {}, { key: partnerKey, headers })
      expect(patch.status).toBe(404)
    }
  })
})

test('Organizations are found by a literal part of their name, in any case', async () => {
  expect(await search('northWIND')).toEqual([customer])
  expect(await search('100%_')).toEqual([customer])
  expect(await search('0_N')).toEqual([])
})

test('Children are listed page by page', async () => {
  const below = await anOrganization(api.db, partner, { type: 'customer', name: 'Second' })
  const url = `/v1/organizations/${partner}/children?limit=1`
  const [first, second] = await firstTwoPages(api, url)
  expect([itemsOf(first)[0]?.id, itemsOf(second)[0]?.id]).toEqual([customer, below])
})

test('The users of an organization are listed with their invitation', async () => {
  const id = await aUser(api.db, customer)
  const list = await api.get(`/v1/organizations/${customer}/users`)
  expect(itemsOf(list)).toMatchObject([
    {
      id,
      organizationId: customer,
      fullName: 'Ada',
      email: 'ada@example.com',
      invitation: { status: 'not_sent', sentAt: null, error: null },
    },
  ])
})

describe('A change of an organization', () => {
  test('A change needs the version that was read and answers with the next version', async () => {
    const { headers } = await api.get(`/v1/organizations/${customer}`)
    const changed = await change(organizationChangesExample, String(headers.etag))
    expect(changed.status).toBe(200)
    expect(changed.body).toMatchObject({ city: 'Houston', phone: '+17135550199', notes: null })
    expect(changed.body.name).toBe('100%_Northwind')
    expect(changed.headers.etag).not.toBe(headers.etag)
    expect((await change({ city: 'Dallas' }, String(headers.etag))).status).toBe(412)
  })

  test('Of two changes of one version, one is made and the other is refused', async () => {
    const { headers } = await api.get(`/v1/organizations/${customer}`)
    const answers = await Promise.all(['A', 'B'].map((city) => change({ city }, String(headers.etag))))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 412]))
  })

  test('A change without a version is refused with 428', async () => {
    expect((await change({ city: 'Dallas' })).status).toBe(428)
  })

  test('A change is validated like a new company', async () => {
    expect(pointersOf(await change({ country: 'DE' }, '*'))).toEqual(['/state'])
    expect(pointersOf(await change({ name: null, type: 'partner' }, '*'))).toEqual(['/name', '/type'])
    expect((await change({ country: 'DE', state: 'Bayern' }, '*')).body).toMatchObject({ state: 'DE-BY' })
  })
})

describe('Activity', () => {
  test('The activity lists the operations on the organization, page by page', async () => {
    const id = await anOrganization(api.db, partner, { type: 'customer' })
    await aPlan(api.db, id)
    const headers = { 'if-match': '*' }
    await api.patch(`/v1/organizations/${id}`, { notes: 'Wants more.' }, { headers })
    const changed = await api.put(`/v1/organizations/${id}/plan`, { kind: 'purchased' })
    const { id: operationId } = changed.body

    const activity = `/v1/organizations/${id}/activity?limit=1`
    const [first, second] = await firstTwoPages(api, activity)
    const data = { kind: 'change-plan', status: 'accepted' }
    expect(itemsOf(first)).toMatchObject([{ type: 'operation', operationId, onboardingId: null, data }])
    expect(itemsOf(second)).toMatchObject([{ type: 'organization', operationId: null }])
  })

  test('The activity lists the changed fields with the actor, newest first, page by page', async () => {
    const id = await anOrganization(api.db, partner, { name: 'Before' })
    const key = await api.keyFor(partner)
    const send = (body: unknown) =>
      api.patch(`/v1/organizations/${id}`, body, { key, headers: { 'if-match': '*' } })
    await send({ name: 'After', city: 'Houston' })
    await send({ city: 'Houston' })
    await send({ city: null })

    const activity = `/v1/organizations/${id}/activity`
    const [first, second] = await firstTwoPages(api, `${activity}?limit=1`)
    const { id: actor } = await api.db
      .selectFrom('api_keys')
      .select('id')
      .where('organization_id', '=', partner)
      .orderBy('id', 'desc')
      .executeTakeFirstOrThrow()
    expect(itemsOf(first)).toMatchObject([
      { type: 'organization', actor, data: { fields: { city: { from: 'Houston', to: null } } } },
    ])
    const fields = { name: { from: 'Before', to: 'After' }, city: { from: null, to: 'Houston' } }
    expect(itemsOf(second)).toMatchObject([{ data: { fields } }])
    expect(second.body.nextCursor).toBeNull()
    expect((await api.get(`${activity}?cursor=abc`)).status).toBe(400)
  })
})

describe('Licenses', () => {
  test('A partner without a plan has no licenses', async () => {
    expect(await licensesOf(partner)).toEqual({
      plan: null,
      poolOrganizationId: partner,
      allocated: 0,
      assigned: 0,
      available: 0,
      usedThisMonth: 0,
    })
  })

  test('A unit shows the licenses of its enterprise', async () => {
    const enterprise = await anOrganization(api.db, partner, { type: 'enterprise' })
    const unit = await anOrganization(api.db, enterprise, { type: 'unit' })
    const lower = await anOrganization(api.db, unit, { type: 'unit' })
    await api.db
      .transaction()
      .execute((transaction) => openLicensePool(transaction, { organizationId: enterprise, allocated: 7 }))
    const pool = { poolOrganizationId: enterprise, allocated: 7, available: 7 }
    expect(await licensesOf(lower)).toMatchObject(pool)
  })

  test('A plan without a limit has null for allocated and available', async () => {
    const unlimited = await anOrganization(api.db, partner, { type: 'customer' })
    await api.db
      .transaction()
      .execute((transaction) => openLicensePool(transaction, { organizationId: unlimited, allocated: null }))
    expect(await licensesOf(unlimited)).toMatchObject({ allocated: null, available: null, assigned: 0 })
  })
})
