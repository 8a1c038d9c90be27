import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApiKey, revokeApiKey } from '../../../domain/access/api-keys.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { type ApiUnderTest, startApi } from '../api-under-test.ts'

let api: ApiUnderTest
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())

const url = '/v1/organizations/root/accounts'
const raw = (payload: string | Buffer, headers: Record<string, string> = {}) =>
  api.app.inject({
    method: 'POST',
    url,
    payload,
    headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json', ...headers },
  })

describe('a request is refused with a problem that programs can read', () => {
  test.each([
    ['malformed JSON', 400, 'malformed_json', '{"type":'],
    ['no body', 400, 'malformed_json', ''],
    ['a prototype in it', 400, 'malformed_json', '{"__proto__":{"a":1}}'],
    ['more than 64 KiB', 413, 'body_too_large', JSON.stringify({ notes: 'x'.repeat(65_537) })],
  ])('%s', async (_, status, code, payload) => {
    const answer = await raw(payload)
    expect(answer.statusCode).toBe(status)
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(answer.json()).toMatchObject({
      status,
      code,
      type: `/problems/${code}`,
      requestId: expect.any(String),
    })
    expect((await api.send('GET', `/problems/${code}`)).body).toMatchObject({ code, status })
  })

  test.each([
    [url, 64],
    ['/v1/billing/ledger/webhooks', 512],
  ])('more than %s takes, saying how much that is', async (address, kibibytes) => {
    const payload = JSON.stringify({ notes: 'x'.repeat(kibibytes * 1024) })
    const headers = { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' }
    const { statusCode, json } = await api.app.inject({ method: 'POST', url: address, payload, headers })
    expect([statusCode, json().detail]).toEqual([413, `The body is larger than ${kibibytes} KiB.`])
  })

  test.each(['text/plain', 'application/xml', 'multipart/form-data; boundary=x'])(
    'a body of %s',
    async (type) => {
      const answer = await raw('hello', { 'content-type': type })
      expect([answer.statusCode, answer.json().code]).toEqual([415, 'unsupported_media_type'])
    },
  )

  test.each(['/v1/onboardings/%zz', `/v1/onboardings/${'x'.repeat(500)}`])(
    'the address %s',
    async (address) => {
      const answer = await api.send('GET', address)
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(answer.status).toBeLessThan(500)
      expect(answer.headers['content-type']).toContain('application/problem+json')
    },
  )

  test('an unknown address, and a known one with another method', async () => {
    expect((await api.send('GET', '/v2/anything')).body).toMatchObject({ status: 404, code: 'not_found' })
    const answer = await api.send('PATCH', '/v1/onboardings')
    expect([answer.status, answer.body.code]).toEqual([405, 'method_not_allowed'])
    expect(answer.headers.allow).toContain('GET')
  })
})

describe('an API key', () => {
  test.each(['', 'Basic abc', 'Bearer', 'Bearer tnt_unknown', `Bearer ${'x'.repeat(600)}`])(
    'is required: "%s" is none',
    async (authorization) => {
      const answer = await api.send('GET', '/v1/organizations', { headers: { authorization } })
      expect([answer.status, answer.body.code]).toEqual([401, 'unauthenticated'])
      expect(answer.headers['www-authenticate']).toBe('Bearer')
    },
  )

  test('stops working when it is revoked', async () => {
    const { id, key } = await createApiKey(api.db, {
      name: 'x',
      role: 'platform',
      organizationId: api.platformId,
    })
    expect((await api.send('GET', '/v1/organizations', { key })).status).toBe(200)
    await revokeApiKey(api.db, id)
    expect((await api.send('GET', '/v1/organizations', { key })).status).toBe(401)
  })
})

describe('health', () => {
  test('is open to everybody', async () => {
    expect((await api.app.inject('/health/live')).json()).toEqual({ status: 'live' })
    expect((await api.app.inject('/health/ready')).statusCode).toBe(200)
  })

  test('is ready without Temporal, and says so', async () => {
    api.temporal.up = false
    const answer = await api.app.inject('/health/ready')
    api.temporal.up = true
    expect([answer.statusCode, answer.json().temporal]).toEqual([200, 'unreachable'])
  })
})

describe('the reference', () => {
  test('is valid OpenAPI 3.1 with the examples that the tests send', async () => {
    const document = (await api.app.inject('/openapi.json')).json()
    expect(await new Validator().validate(document)).toMatchObject({ valid: true })
    expect(document.openapi).toMatch(/^3\.1/)
    const post = document.paths['/v1/organizations/{parentId}/accounts'].post
    expect(Object.keys(post.requestBody.content['application/json'].examples)).toContain('customerOnTrial')
    expect(document.components.securitySchemes).toHaveProperty('apiKey')
  })

  test('can be browsed', async () => {
    const page = await api.app.inject('/docs/')
    expect([page.statusCode, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
  })
})

test('neither keys nor what people typed, nor tokens in addresses, reach the log', async () => {
  const user = { fullName: 'Secretive Person', email: 'secretive@example.com' }
  await api.send('POST', url, { body: anAccountBody({ user }) })
  await api.send('GET', '/v1/organizations?q=secretive')
  await api.send('GET', '/set-password?token=secretive-token')
  await raw('{"secretive')
  const log = api.log.join('').toLowerCase()
  expect(log).toContain('/set-password')
  expect(log).not.toContain('secretive')
  expect(log).not.toContain(api.key.toLowerCase())
})
