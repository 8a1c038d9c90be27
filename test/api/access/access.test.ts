import Fastify from 'fastify'
import { describe, expect, test } from 'vitest'
import { callerOf } from '../../../api/access/api-key.ts'
import {
  decorateWithResources,
  onboardingOf,
  organizationOf,
  runOf,
} from '../../../api/access/path-resource.ts'
import { createApiKey, revokeApiKey } from '../../../domain/access/api-keys.ts'
import { anOrganization, setStatus } from '../../builders/organization.ts'
import { itemsOf, startApiForFile } from '../api-under-test.ts'

const api = await startApiForFile()
const partner = await anOrganization(api.db, api.platformId)
const customer = await anOrganization(api.db, partner, { type: 'customer' })
const neighbour = await anOrganization(api.db, api.platformId)
const key = await api.keyFor(partner)

const list = (authorization: string) => api.get('/v1/organizations', { headers: { authorization } })

describe('API keys', () => {
  test.each([
    ['nothing in it', () => ''],
    ['only the scheme', () => 'Bearer'],
    ['no scheme', () => api.key],
    ['another scheme', () => `Basic ${api.key}`],
    ['nothing after the scheme', () => 'Bearer '],
    ['something after the key', () => `Bearer ${api.key} more`],
    ['something before the scheme', () => `x Bearer ${api.key}`],
    ['an unknown key', () => 'Bearer tnt_unknown'],
    ['a key that is too long', () => `Bearer ${'x'.repeat(513)}`],
    ['a key with one letter more', () => `Bearer ${api.key}x`],
  ])('An Authorization header with %s is refused with 401', async (_, authorization) => {
    const answer = await list(authorization())
    expect([answer.status, answer.body.code]).toEqual([401, 'unauthenticated'])
    expect(answer.headers['www-authenticate']).toBe('Bearer')
  })

  test('A request without an Authorization header is refused with 401', async () => {
    const { statusCode } = await api.app.inject({ method: 'GET', url: '/v1/organizations' })
    expect(statusCode).toBe(401)
  })

  test.each(['Bearer', 'bearer', 'BEARER  '])(
    'The scheme "%s" is accepted, because HTTP ignores its case',
    async (scheme) => {
      expect((await list(`${scheme} ${api.key}`)).status).toBe(200)
    },
  )

  test('A revoked key is refused with 401', async () => {
    const { db, platformId: organizationId } = api
    const made = await createApiKey(db, { name: 'x', role: 'platform', organizationId })
    expect((await list(`Bearer ${made.key}`)).status).toBe(200)
    await revokeApiKey(api.db, made.id)
    expect((await list(`Bearer ${made.key}`)).status).toBe(401)
  })

  test.each(['suspended', 'closed'] as const)(
    'A key of a %s organization is refused with 403',
    async (status) => {
      const gone = await anOrganization(api.db, api.platformId)
      const itsKey = await api.keyFor(gone)
      await setStatus(api.db, gone, status)
      const { status: answered, body } = await list(`Bearer ${itsKey}`)
      expect([answered, body.code]).toEqual([403, 'caller_not_active'])
      expect(body.detail).toContain(status)
    },
  )
})

describe('Organizations and runs outside the subtree of a key', () => {
  test('An organization outside the subtree gets the same 404 as an unknown one', async () => {
    for (const id of [neighbour, api.platformId, 'root', 'org_none'])
      expect((await api.get(`/v1/organizations/${id}`, { key })).status).toBe(404)
    for (const id of [partner, customer])
      expect((await api.get(`/v1/organizations/${id}`, { key })).status).toBe(200)
    const seen = itemsOf(await api.get('/v1/organizations', { key })).map(({ id }) => id)
    expect(new Set(seen)).toEqual(new Set([partner, customer]))
  })

  test('An organization outside the subtree gets 404 before the body is validated', async () => {
    const answer = await api.post(`/v1/organizations/${neighbour}/accounts`, {}, { key })
    expect(answer.status).toBe(404)
  })

  test('A run outside the subtree gets 404 when it is read or decided on', async () => {
    const mine = await api.addAccount({ parent: partner })
    const theirs = await api.addAccount({ parent: neighbour })
    const ofRoot = await api.addAccount()
    expect((await api.get(`/v1/onboardings/${mine}`, { key })).status).toBe(200)
    for (const id of [theirs, ofRoot, 'onb_none']) {
      expect((await api.get(`/v1/onboardings/${id}`, { key })).status).toBe(404)
      for (const decision of ['retry', 'skip', 'cancel'])
        expect((await api.post(`/v1/onboardings/${id}/${decision}`, {}, { key })).status).toBe(404)
    }
    expect((await api.get(`/v1/onboardings/${theirs}`)).status).toBe(200)
  })
})

test('An onboarding is not found as an operation, and an operation is not found as an onboarding', async () => {
  const closed = await api.post(`/v1/organizations/${customer}/close`)
  const [onboarding, operation] = [await api.addAccount(), String(closed.body.id)]
  expect((await api.get(`/v1/onboardings/${onboarding}`)).status).toBe(200)
  expect((await api.get(`/v1/operations/${operation}`)).status).toBe(200)
  expect((await api.get(`/v1/operations/${onboarding}`)).status).toBe(404)
  expect((await api.get(`/v1/onboardings/${operation}`)).status).toBe(404)
})

test.each([
  ['a caller', callerOf],
  ['an organization', organizationOf],
  ['a run', runOf],
  ['an onboarding', onboardingOf],
])('A route that asks for %s without the hook that finds it answers 500', async (_, find) => {
  const app = Fastify()
  decorateWithResources(app)
  app.get('/', async (request) => find(request))
  expect((await app.inject('/')).statusCode).toBe(500)
  await app.close()
})
