import Fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callerOf } from '../../../api/access/api-key.ts'
import {
  decorateWithResources,
  onboardingOf,
  organizationOf,
  runOf,
} from '../../../api/access/path-resource.ts'
import { createApiKey, revokeApiKey } from '../../../domain/access/api-keys.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { anOrganization } from '../../builders/organization.ts'
import { type ApiUnderTest, itemsOf, startApi } from '../api-under-test.ts'

let api: ApiUnderTest
let partner: string
let customer: string
let neighbour: string
let key: string
beforeAll(async () => {
  api = await startApi()
  partner = await anOrganization(api.db, api.platformId)
  customer = await anOrganization(api.db, partner, { type: 'customer' })
  neighbour = await anOrganization(api.db, api.platformId)
  key = await api.keyFor(partner)
})
afterAll(() => api.close())

const list = (authorization: string) => api.send('GET', '/v1/organizations', { headers: { authorization } })

describe('an API key', () => {
  test.each([
    ['no scheme', () => api.key],
    ['another scheme', () => `Basic ${api.key}`],
    ['nothing after the scheme', () => 'Bearer '],
    ['something after the key', () => `Bearer ${api.key} more`],
    ['something before the scheme', () => `x Bearer ${api.key}`],
    ['a key that is none', () => 'Bearer tnt_unknown'],
    ['a key that is too long', () => `Bearer ${'x'.repeat(513)}`],
    ['a key with a letter more', () => `Bearer ${api.key}x`],
  ])('is required, and %s is none', async (_, authorization) => {
    const answer = await list(authorization())
    expect([answer.status, answer.body.code]).toEqual([401, 'unauthenticated'])
    expect(answer.headers['www-authenticate']).toBe('Bearer')
  })

  test('is required also where there is no header at all', async () => {
    const { statusCode } = await api.app.inject({ method: 'GET', url: '/v1/organizations' })
    expect(statusCode).toBe(401)
  })

  test.each(['Bearer', 'bearer', 'BEARER  '])('is taken after "%s", as HTTP has it', async (scheme) => {
    expect((await list(`${scheme} ${api.key}`)).status).toBe(200)
  })

  test('that is revoked opens nothing', async () => {
    const made = await createApiKey(api.db, {
      name: 'x',
      role: 'platform',
      organizationId: api.platformId,
    })
    await revokeApiKey(api.db, made.id)
    expect((await list(`Bearer ${made.key}`)).status).toBe(401)
  })

  test.each(['suspended', 'closed'] as const)(
    'of an organization that is %s opens nothing',
    async (status) => {
      const gone = await anOrganization(api.db, api.platformId)
      const itsKey = await api.keyFor(gone)
      await api.db.updateTable('organizations').set({ status }).where('id', '=', gone).execute()
      const { status: answered, body } = await list(`Bearer ${itsKey}`)
      expect([answered, body.code]).toEqual([403, 'caller_not_active'])
      expect(body.detail).toContain(status)
    },
  )
})

describe('what is outside of the subtree of a key', () => {
  test('is not there, and neither is what there is not', async () => {
    for (const id of [neighbour, api.platformId, 'root', 'org_none'])
      expect((await api.send('GET', `/v1/organizations/${id}`, { key })).status).toBe(404)
    for (const id of [partner, customer])
      expect((await api.send('GET', `/v1/organizations/${id}`, { key })).status).toBe(200)
    const seen = itemsOf(await api.send('GET', '/v1/organizations', { key })).map(({ id }) => id)
    expect(new Set(seen)).toEqual(new Set([partner, customer]))
  })

  test('is answered before the body is looked at', async () => {
    const answer = await api.send('POST', `/v1/organizations/${neighbour}/accounts`, { key, body: {} })
    expect(answer.status).toBe(404)
  })

  test('has no runs', async () => {
    const add = async (parent: string) => {
      const answer = await api.send('POST', `/v1/organizations/${parent}/accounts`, { body: anAccountBody() })
      return String(answer.body.id)
    }
    const [mine, theirs, ofRoot] = [await add(partner), await add(neighbour), await add('root')]
    expect((await api.send('GET', `/v1/onboardings/${mine}`, { key })).status).toBe(200)
    for (const id of [theirs, ofRoot, 'onb_none']) {
      expect((await api.send('GET', `/v1/onboardings/${id}`, { key })).status).toBe(404)
      for (const decision of ['retry', 'skip', 'cancel'])
        expect((await api.send('POST', `/v1/onboardings/${id}/${decision}`, { key, body: {} })).status).toBe(
          404,
        )
    }
    expect((await api.send('GET', `/v1/onboardings/${theirs}`)).status).toBe(200)
  })
})

test('a run is found only as what it is', async () => {
  const added = await api.send('POST', '/v1/organizations/root/accounts', { body: anAccountBody() })
  const closed = await api.send('POST', `/v1/organizations/${customer}/close`, { body: {} })
  const [onboarding, operation] = [String(added.body.id), String(closed.body.id)]
  expect((await api.send('GET', `/v1/onboardings/${onboarding}`)).status).toBe(200)
  expect((await api.send('GET', `/v1/operations/${operation}`)).status).toBe(200)
  expect((await api.send('GET', `/v1/operations/${onboarding}`)).status).toBe(404)
  expect((await api.send('GET', `/v1/onboardings/${operation}`)).status).toBe(404)
})

test.each([
  ['a caller', callerOf],
  ['an organization', organizationOf],
  ['a run', runOf],
  ['an onboarding', onboardingOf],
])('a route that asks for %s without what finds it is a mistake, and does not go on', async (_, find) => {
  const app = Fastify()
  decorateWithResources(app)
  app.get('/', async (request) => find(request))
  expect((await app.inject('/')).statusCode).toBe(500)
  await app.close()
})
