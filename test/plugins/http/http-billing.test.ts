import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type BillingAdapter, type Plugin } from '../../../plugins/plugin-contract.ts'
import { http } from '../../../plugins/http/plugin.ts'
import { stepErrorOf } from '../step-error-of.ts'
import { providerSecret, sentInvoice, startBillingProvider } from './billing-provider.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

let stops: (() => Promise<void> | void)[]
beforeEach(() => {
  stops = []
})
afterEach(async () => {
  for (const stop of stops) await stop()
})

/** Starts a provider that gives the same answer to every call. @returns the adapter that calls it. */
async function adapterAnswered(answer: Answer): Promise<BillingAdapter> {
  const server = createServer((request, response) => {
    void text(request).then(() => answer(request, response))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stops.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return adapterOf(
    http({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, secret: providerSecret }),
  )
}

function adapterOf(plugin: Plugin): BillingAdapter {
  const adapter = plugin.billing?.[0]
  if (adapter === undefined) throw new Error('The plug-in brings no adapter.')
  return adapter
}

const json =
  (status: number, body: object, headers: Record<string, string> = {}): Answer =>
  (_, response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))

function* endlessly() {
  for (;;) yield 'x'.repeat(10_000)
}

const customer = { organizationId: 'org_1', name: 'Fish & Chips' }
const aCall = () => ({
  idempotencyKey: 'onb_1:start-billing:1:customer',
  signal: new AbortController().signal,
})
const subscription = { organizationId: 'org_1', customerExternalId: 'cus_1', externalId: 'sub_1' }
const report = { subscription, month: '2031-02', usage: { trial: 0, purchased: 2 }, converted: 0 }

test('a call is one signed POST with its idempotency key, and a repeated call has a new signature', async () => {
  const provider = await startBillingProvider()
  stops.push(provider.stop)
  const adapter = adapterOf(http({ url: provider.url, secret: providerSecret }))
  const first = await adapter.ensureCustomer(aCall(), customer)
  expect(await adapter.ensureCustomer(aCall(), customer)).toEqual(first)
  const [one, two] = provider.received
  expect(one).toMatchObject({
    method: 'POST',
    headers: { 'idempotency-key': aCall().idempotencyKey, 'content-type': 'application/json' },
    body: { operation: 'ensureCustomer', key: aCall().idempotencyKey, data: customer },
  })
  expect(two?.headers['webhook-id']).not.toBe(one?.headers['webhook-id'])
})

describe('an answer', () => {
  test.each([
    [400, 'terminal', 'billing_refused'],
    [401, 'retryable', 'billing_credentials_refused'],
    [403, 'retryable', 'billing_credentials_refused'],
    [404, 'terminal', 'billing_refused'],
    [408, 'retryable', 'billing_unavailable'],
    [409, 'terminal', 'billing_refused'],
    [422, 'needs_input', 'billing_input_refused'],
    [429, 'retryable', 'billing_rate_limited'],
    [500, 'retryable', 'billing_unavailable'],
    [503, 'retryable', 'billing_unavailable'],
  ])('with status %i is %s', async (status, errorClass, code) => {
    const adapter = await adapterAnswered(json(status, {}))
    const error = await stepErrorOf(adapter.ensureCustomer(aCall(), customer))
    expect(error).toMatchObject({ class: errorClass, code })
  })

  test('with status 404 to find or readUsage means that no record exists', async () => {
    const adapter = await adapterAnswered(json(404, {}))
    expect(await adapter.find(aCall())).toBeUndefined()
    expect(await adapter.readUsage(aCall(), report)).toBeUndefined()
  })

  test('with status 204 is accepted for calls without a result', async () => {
    const adapter = await adapterAnswered((_, response) => response.writeHead(204).end())
    await adapter.cancel(aCall(), subscription)
    expect(await stepErrorOf(adapter.ensureCustomer(aCall(), customer))).toMatchObject({
      code: 'billing_answer_unreadable',
      message: 'The answer of the billing provider is not valid at `externalId`.',
    })
  })

  test('with status 422 passes on code, detail and fields, without personal data and secrets', async () => {
    const problem = {
      code: 'name_not_allowed',
      detail:
        'The name\n"Fish & Chips" of ada@example.com is taken, see https://x.example/?token=1 (sk_live_0123456789abcdefgh)',
      errors: [{ pointer: '/name', message: 'Not "Fish & Chips", please.' }],
    }
    const adapter = await adapterAnswered(json(422, problem))
    expect(await stepErrorOf(adapter.ensureCustomer(aCall(), customer))).toMatchObject({
      code: 'name_not_allowed',
      message:
        'The billing provider refused the fields of the call (HTTP status 422): The name "…" of … is taken, see … (…)',
      fields: [{ pointer: '/company/name', message: 'Not "…", please.' }],
    })
  })

  test('with status 422 and an invalid code, detail or field passes on none of them', async () => {
    const problem = {
      code: 'DROP TABLE',
      detail: 'x '.repeat(5_000),
      errors: [{ pointer: 'name', message: 1 }],
    }
    const adapter = await adapterAnswered(json(422, problem))
    const error = await stepErrorOf(adapter.ensureCustomer(aCall(), customer))
    expect(error).toMatchObject({ code: 'billing_input_refused', fields: [] })
    expect(error.message.length).toBeLessThan(300)
  })

  test.each([
    ['seconds', () => '120', 120_000],
    ['a date', () => new Date(Date.now() + 60_000).toUTCString(), 60_000],
    ['a past date', () => new Date(0).toUTCString(), 0],
    ['a year', () => String(365 * 86_400), 86_400_000],
  ])('with status 429 delays the next attempt by a Retry-After in %s', async (_, header, expected) => {
    const adapter = await adapterAnswered(json(429, {}, { 'retry-after': header() }))
    const { retryAfter } = await stepErrorOf(adapter.ensureCustomer(aCall(), customer))
    expect(Math.abs((retryAfter ?? Number.NaN) - expected)).toBeLessThan(5_000)
  })

  test('with status 429 and an invalid Retry-After leaves the delay to the retry policy', async () => {
    const adapter = await adapterAnswered(json(429, {}, { 'retry-after': 'soon' }))
    expect((await stepErrorOf(adapter.ensureCustomer(aCall(), customer))).retryAfter).toBeUndefined()
  })

  test('with a redirect is not followed', async () => {
    const paths: (string | undefined)[] = []
    const adapter = await adapterAnswered((request, response) => {
      paths.push(request.url)
      response.writeHead(307, { location: '/elsewhere' }).end()
    })
    expect(await stepErrorOf(adapter.ensureCustomer(aCall(), customer))).toMatchObject({
      class: 'retryable',
      code: 'billing_redirected',
    })
    expect(paths).toEqual(['/'])
  })

  test('of more than a million bytes is not read to its end', async () => {
    let sent: ServerResponse | undefined
    const adapter = await adapterAnswered((_, response) => {
      sent = response
      Readable.from(endlessly()).pipe(response)
    })
    expect(await stepErrorOf(adapter.ensureCustomer(aCall(), customer))).toMatchObject({
      code: 'billing_answer_unreadable',
    })
    await expect.poll(() => sent?.destroyed).toBe(true)
  })

  test('with an invoice that does not add up is read as it was sent, because whoever takes it checks it', async () => {
    const invoice = { ...sentInvoice, total: 1_500, currency: 'usd' }
    const adapter = await adapterAnswered(json(200, { externalId: 'use_1', invoice }))
    const answer = await adapter.reportUsage(aCall(), report)
    expect(answer.invoice).toMatchObject({ total: 1_500, currency: 'usd' })
  })
})

test.each([
  [404, {}],
  [405, {}],
  [501, {}],
  [400, { code: 'operation_unknown' }],
  [422, { code: 'operation_unknown' }],
])('an answer of %i %j to listSubscriptions means that the provider can not list', async (status, body) => {
  const adapter = await adapterAnswered(json(status, body))
  expect(await adapter.listSubscriptions?.(aCall(), { limit: 10 })).toBeUndefined()
})

test.each([
  [400, 'billing_refused'],
  [401, 'billing_credentials_refused'],
  [503, 'billing_unavailable'],
])('an answer of %i to listSubscriptions is an error', async (status, code) => {
  const adapter = await adapterAnswered(json(status, {}))
  const listing = Promise.resolve(adapter.listSubscriptions?.(aCall(), { externalId: 'sub_1' }))
  expect(await stepErrorOf(listing)).toMatchObject({ code })
})

test('a call that is aborted has an unknown outcome', async () => {
  const attempt = new AbortController()
  const adapter = await adapterAnswered(() => attempt.abort())
  const error = await stepErrorOf(adapter.ensureCustomer({ ...aCall(), signal: attempt.signal }, customer))
  expect(error).toMatchObject({ class: 'unknown_outcome', code: 'billing_outcome_unknown' })
})
