import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { creditExample } from '../../../api/invoices/schemas.ts'
import { insertInvoice, type Invoice, type NewInvoice } from '../../../domain/billing/invoices.ts'
import { anIssuedInvoice } from '../../builders/invoice.ts'
import { anOrganization } from '../../builders/organization.ts'
import { aPlanPeriod } from '../../builders/plan-period.ts'
import { remoteProvider, type RemoteProvider } from '../../builders/remote-provider.ts'
import { type Answer, type ApiUnderTest, itemsOf, pointersOf, startApi } from '../api-under-test.ts'

let api: ApiUnderTest
let remote: RemoteProvider
let partner: string
let customer: string
beforeAll(async () => {
  remote = remoteProvider('remote')
  const { creditInvoice: _creditInvoice, ...mute } = remoteProvider('mute').adapter
  api = await startApi({ plugins: [{ name: 'providers', billing: [remote.adapter, mute] }] })
  partner = await anOrganization(api.db, api.platformId)
  customer = await anOrganization(api.db, partner, { type: 'customer' })
  await aPlanPeriod(api.db, partner)
})
afterAll(() => api.close())

async function keep(
  invoice: NewInvoice,
  { organizationId = customer, billingAdapter = 'remote' } = {},
): Promise<Invoice> {
  return api.db
    .transaction()
    .execute((transaction) => insertInvoice(transaction, { organizationId, billingAdapter, invoice }))
}

let keys = 0
const credit = (id: string, body: unknown, options: { key?: string; idempotencyKey?: string } = {}) =>
  api.send('POST', `/v1/invoices/${id}/credit-notes`, {
    body,
    headers: { 'idempotency-key': options.idempotencyKey ?? `key-${++keys}` },
    ...(options.key === undefined ? {} : { key: options.key }),
  })

const codeOf = ({ status, body }: Answer) => [status, body.code]

/** An account that the ledger has billed five dollars, twice. */
async function aBilledAccount(): Promise<Invoice> {
  const ledger = api.registry.billing('ledger')
  const organizationId = await anOrganization(api.db, partner, { type: 'customer' })
  const call = (name: string) => ({
    idempotencyKey: `${organizationId}:${name}`,
    signal: AbortSignal.timeout(30_000),
  })
  const { externalId: customerExternalId } = await ledger.ensureCustomer(call('customer'), {
    organizationId,
    name: 'Northwind',
  })
  const { externalId } = await ledger.ensureSubscription(call('subscription'), {
    customerExternalId,
    organizationId,
    plan: { kind: 'purchased' },
  })
  await aPlanPeriod(api.db, organizationId, { customer: customerExternalId, subscription: externalId })
  const { invoice } = await ledger.reportUsage(call('usage'), {
    subscription: { organizationId, customerExternalId, externalId },
    month: '2026-10',
    usage: { trial: 0, purchased: 2 },
  })
  if (invoice === undefined) throw new Error('Nothing was invoiced')
  return keep(invoice, { organizationId, billingAdapter: 'ledger' })
}

describe('invoices', () => {
  test('are listed newest first, page by page, whenever they became known', async () => {
    const account = await anOrganization(api.db, partner, { type: 'customer' })
    const at = (issuedAt: string, number: string) =>
      keep(anIssuedInvoice({ issuedAt: new Date(issuedAt), number }), { organizationId: account })
    await at('2026-10-01T00:00:00Z', 'second')
    await at('2026-11-01T00:00:00Z', 'third')
    await at('2026-09-01T00:00:00Z', 'first')
    const url = `/v1/organizations/${account}/invoices?limit=2`
    const first = await api.send('GET', url)
    const second = await api.send('GET', `${url}&cursor=${String(first.body.nextCursor)}`)
    expect([...itemsOf(first), ...itemsOf(second)].map(({ number }) => number)).toEqual([
      'third',
      'second',
      'first',
    ])
    expect(second.body.nextCursor).toBeNull()
    expect((await api.send('GET', `${url}&cursor=abc`)).status).toBe(400)
  })

  test('are read with their lines, and do not exist outside of the subtree', async () => {
    const { id, issuedAt, ...invoice } = await keep(anIssuedInvoice())
    const answer = await api.send('GET', `/v1/invoices/${id}`, { key: await api.keyFor(partner) })
    expect(answer.body).toEqual({ id, ...invoice, issuedAt: issuedAt.toISOString() })
    const stranger = await api.keyFor(await anOrganization(api.db, api.platformId))
    expect((await api.send('GET', `/v1/invoices/${id}`, { key: stranger })).status).toBe(404)
    expect(codeOf(await credit(id, creditExample, { key: stranger }))).toEqual([404, 'not_found'])
    expect((await api.send('GET', `/v1/organizations/${customer}/invoices`, { key: stranger })).status).toBe(
      404,
    )
  })
})

describe('a credit note of the ledger', () => {
  test('is issued and kept, once a key', async () => {
    const invoice = await aBilledAccount()
    const idempotencyKey = 'spare-device'
    const first = await credit(invoice.id, creditExample, { idempotencyKey })
    expect(first.status).toBe(201)
    expect(first.body).toMatchObject({ kind: 'credit_note', corrects: invoice.id, total: -500 })
    expect(first.headers.location).toBe(`/v1/invoices/${String(first.body.id)}`)
    expect((await credit(invoice.id, { ...creditExample, amount: 500 }, { idempotencyKey })).body).toEqual(
      first.body,
    )
    expect((await api.send('GET', `/v1/invoices/${invoice.id}`)).body).toMatchObject({ credited: 500 })
    const other = await credit(invoice.id, { ...creditExample, amount: 1 }, { idempotencyKey })
    expect(codeOf(other)).toEqual([422, 'idempotency_key_reused'])
  })

  test('of all that is left is answered again when the request is sent again', async () => {
    const invoice = await aBilledAccount()
    const request = [invoice.id, { ...creditExample, amount: 1_000 }, { idempotencyKey: 'all' }] as const
    const first = await credit(...request)
    expect(first.status).toBe(201)
    expect((await credit(...request)).body).toEqual(first.body)
  })

  test('of more than what is left is refused, naming the field', async () => {
    const invoice = await aBilledAccount()
    await credit(invoice.id, { ...creditExample, amount: 600 })
    const refused = await credit(invoice.id, { ...creditExample, amount: 401 })
    expect([refused.status, pointersOf(refused)]).toEqual([422, ['/amount']])
    const answers = await Promise.all(
      [300, 300].map((amount) => credit(invoice.id, { ...creditExample, amount })),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201, 422]))
  })
})

describe('a credit note of a provider elsewhere', () => {
  beforeAll(() => aPlanPeriod(api.db, customer, { billingAdapter: 'remote' }))

  test('is kept even when the first answer got lost', async () => {
    const invoice = await keep(anIssuedInvoice())
    const request = [invoice.id, { ...creditExample, amount: 1_000 }, { idempotencyKey: 'lost' }] as const
    remote.loseNextAnswer()
    expect(codeOf(await credit(...request))).toEqual([503, 'provider_unreachable'])
    expect((await credit(...request)).body).toMatchObject({ corrects: invoice.id, total: -1_000 })
    expect(remote.credits).toHaveLength(1)
  })

  test('of more than what is left is refused before the provider is asked', async () => {
    const invoice = await keep(anIssuedInvoice())
    const before = remote.credits.length
    expect(pointersOf(await credit(invoice.id, { ...creditExample, amount: 1_001 }))).toEqual(['/amount'])
    expect(remote.credits).toHaveLength(before)
  })

  test('is refused where there can be none', async () => {
    const { externalId: corrects } = await keep(anIssuedInvoice())
    const note = await keep(anIssuedInvoice({ kind: 'credit_note', corrects, total: -1 }))
    expect(codeOf(await credit(note.id, creditExample))).toEqual([409, 'credit_not_supported'])
    const muted = await keep(anIssuedInvoice(), { billingAdapter: 'mute' })
    expect(codeOf(await credit(muted.id, creditExample))).toEqual([409, 'credit_not_supported'])
    const gone = await keep(anIssuedInvoice(), { billingAdapter: 'gone' })
    expect(codeOf(await credit(gone.id, creditExample))).toEqual([409, 'credit_not_supported'])
  })
})

describe('a request for a credit note', () => {
  test('needs a key, an amount and a reason', async () => {
    const { id } = await keep(anIssuedInvoice())
    const address = `/v1/invoices/${id}/credit-notes`
    const keyless = await api.send('POST', address, { body: creditExample })
    expect([keyless.status, pointersOf(keyless)]).toEqual([400, ['/headers/idempotency-key']])
    expect(pointersOf(await credit(id, { amount: 0.5, extra: 1 }))).toEqual(['/amount', '/reason', '/extra'])
  })

  test('is for the platform, whose invoices they are, and not for the partner above the account', async () => {
    const { id } = await keep(anIssuedInvoice())
    const refused = await credit(id, creditExample, { key: await api.keyFor(partner) })
    expect(codeOf(refused)).toEqual([403, 'platform_only'])
    expect((await api.send('GET', `/v1/invoices/${id}`)).body).toMatchObject({ credited: 0 })
  })
})
