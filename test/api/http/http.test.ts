import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, test } from 'vitest'
import { anAccountBody } from '../../builders/account-body.ts'
import { startApiForFile } from '../api-under-test.ts'

const api = await startApiForFile()

const url = '/v1/organizations/root/accounts'
const raw = (payload: string | Buffer, headers: Record<string, string> = {}, address = url) =>
  api.app.inject({
    method: 'POST',
    url: address,
    payload,
    headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json', ...headers },
  })

describe('Problem documents', () => {
  test.each([
    ['malformed JSON', 400, 'malformed_json', '{"type":'],
    ['nothing in it', 400, 'malformed_json', ''],
    ['a prototype in it', 400, 'malformed_json', '{"__proto__":{"a":1}}'],
    ['more than 64 KiB', 413, 'body_too_large', JSON.stringify({ notes: 'x'.repeat(65_537) })],
  ])('A body with %s is refused with a problem document', async (_, status, code, payload) => {
    const answer = await raw(payload)
    expect(answer.statusCode).toBe(status)
    expect(answer.headers['content-type']).toContain('application/problem+json')
    const type = `/problems/${code}`
    expect(answer.json()).toMatchObject({ status, code, type, requestId: expect.any(String) })
    expect((await api.get(`/problems/${code}`)).body).toMatchObject({ code, status })
  })

  test('A filter with text that cannot be stored is refused with its name', async () => {
    const answer = await api.get('/v1/operations?organizationId=%00')
    expect([answer.status, answer.body.errors]).toMatchObject([400, [{ pointer: '/query/organizationId' }]])
  })

  test.each([
    [url, 64],
    ['/v1/billing/ledger/webhooks', 512],
  ])(
    'A body that is larger than %s allows is refused with the limit of %i KiB',
    async (address, kibibytes) => {
      const payload = JSON.stringify({ notes: 'x'.repeat(kibibytes * 1024) })
      const { statusCode, json } = await raw(payload, {}, address)
      expect([statusCode, json().detail]).toEqual([413, `The body is larger than ${kibibytes} KiB.`])
    },
  )

  test.each(['text/plain', 'application/xml', 'multipart/form-data; boundary=x'])(
    'A body of the type %s is refused with 415',
    async (type) => {
      const answer = await raw('hello', { 'content-type': type })
      expect([answer.statusCode, answer.json().code]).toEqual([415, 'unsupported_media_type'])
    },
  )

  test.each(['/v1/onboardings/%zz', `/v1/onboardings/${'x'.repeat(500)}`])(
    'The address %s is refused with a problem document',
    async (address) => {
      const answer = await api.get(address)
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(answer.status).toBeLessThan(500)
      expect(answer.headers['content-type']).toContain('application/problem+json')
    },
  )

  test('An unknown address gets 404, and a wrong method gets 405 with the allowed methods', async () => {
    expect((await api.get('/v2/anything')).body).toMatchObject({ status: 404, code: 'not_found' })
    const answer = await api.send('PATCH', '/v1/onboardings')
    expect([answer.status, answer.body.code]).toEqual([405, 'method_not_allowed'])
    expect(answer.headers.allow).toContain('GET')
  })
})

describe('Health checks', () => {
  test('The health checks need no key', async () => {
    expect((await api.app.inject('/health/live')).json()).toEqual({ status: 'live' })
    expect((await api.app.inject('/health/ready')).statusCode).toBe(200)
  })

  test('The API is ready without Temporal, and reports that Temporal is unreachable', async () => {
    api.temporal.up = false
    const answer = await api.app.inject('/health/ready')
    api.temporal.up = true
    expect([answer.statusCode, answer.json().temporal]).toEqual([200, 'unreachable'])
  })
})

describe('The API reference', () => {
  test('The OpenAPI document is valid OpenAPI 3.1 and has the examples that the tests send', async () => {
    const document = (await api.app.inject('/openapi.json')).json()
    expect(await new Validator().validate(document)).toMatchObject({ valid: true })
    expect(document.openapi).toMatch(/^3\.1/)
    const post = document.paths['/v1/organizations/{parentId}/accounts'].post
    expect(Object.keys(post.requestBody.content['application/json'].examples)).toContain('customerOnTrial')
    expect(document.components.securitySchemes).toHaveProperty('apiKey')
  })

  test('The reference is a page for browsers', async () => {
    const page = await api.app.inject('/docs/')
    expect([page.statusCode, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
  })
})

test('The log contains no keys, personal data or tokens of addresses', async () => {
  const user = { fullName: 'Secretive Person', email: 'secretive@example.com' }
  await api.post(url, anAccountBody({ user }))
  await api.get('/v1/organizations?q=secretive')
  await api.get('/set-password?token=secretive-token')
  await raw('{"secretive')
  const log = api.log.join('').toLowerCase()
  expect(log).toContain('/set-password')
  expect(log).not.toContain('secretive')
  expect(log).not.toContain(api.key.toLowerCase())
})
