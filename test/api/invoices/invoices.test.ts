import { beforeAll, describe, expect, test } from 'vitest'
import { creditExample } from '../../../api/invoices/schemas.ts'
import type { Invoice } from '../../../domain/billing/invoices.ts'
import { anInvoice, anIssuedInvoice } from '../../builders/invoice.ts'
import { anOrganization } from '../../builders/organization.ts'
import { aPlanPeriod } from '../../builders/plan-period.ts'
import { remoteProvider } from '../../builders/remote-provider.ts'
import { firstTwoPages, itemsOf, pointersOf, startApiForFile, statusAndCode } from '../api-under-test.ts'
import { aCall } from '../../builders/stripe-account.ts'

const remote = remoteProvider('remote')
const { creditInvoice: _creditInvoice, ...mute } = remoteProvider('mute').adapter
const api = await startApiForFile({ plugins: [{ name: 'providers', billing: [remote.adapter, mute] }] })
const partner = await anOrganization(api.db, api.platformId)
const customer = await anOrganization(api.db, partner, { type: 'customer' })
await aPlanPeriod(api.db, partner)

/** Stores an invoice, by default of the remote provider for the customer. */
const keep = (invoice = anIssuedInvoice(), { organizationId = customer, billingAdapter = 'remote' } = {}) =>
  anInvoice(api.db, organizationId, invoice, billingAdapter)

let keys = 0
const credit = (id: string, body: unknown, options: { key?: string; idempotencyKey?: string } = {}) =>
  api.post(`/v1/invoices/${id}/credit-notes`, body, {
    headers: { 'idempotency-key': options.idempotencyKey ?? `key-${++keys}` },
    ...(options.key === undefined ? {} : { key: options.key }),
  })

/** Adds an account with an invoice of the ledger for two licenses at five dollars. */
async function aBilledAccount(): Promise<Invoice> {
  const ledger = api.registry.billing('ledger')
  const organizationId = await anOrganization(api.db, partner, { type: 'customer' })
  const call = (name: string) => aCall(`${organizationId}:${name}`)
  const company = { organizationId, name: 'Northwind' }
  const { externalId: customerExternalId } = await ledger.ensureCustomer(call('customer'), company)
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
    converted: 0,
  })
  if (invoice === undefined) throw new Error('Nothing was invoiced')
  return keep(invoice, { organizationId, billingAdapter: 'ledger' })
}

describe('Invoices', () => {
  test('Invoices are listed page by page from the newest issue date, in whatever order they were stored', async () => {
    const account = await anOrganization(api.db, partner, { type: 'customer' })
    const at = (issuedAt: string, number: string) =>
      keep(anIssuedInvoice({ issuedAt: new Date(issuedAt), number }), { organizationId: account })
    await at('2026-10-01T00:00:00Z', 'second')
    await at('2026-11-01T00:00:00Z', 'third')
    await at('2026-09-01T00:00:00Z', 'first')
    const url = `/v1/organizations/${account}/invoices?limit=2`
    const [first, second] = await firstTwoPages(api, url)
    const numbers = [...itemsOf(first), ...itemsOf(second)].map(({ number }) => number)
    expect(numbers).toEqual(['third', 'second', 'first'])
    expect(second.body.nextCursor).toBeNull()
    expect((await api.get(`${url}&cursor=abc`)).status).toBe(400)
  })

  test('An invoice is read with its lines, and is answered with 404 outside the subtree', async () => {
    const { id, issuedAt, ...invoice } = await keep()
    const answer = await api.get(`/v1/invoices/${id}`, { key: await api.keyFor(partner) })
    expect(answer.body).toEqual({ id, ...invoice, issuedAt: issuedAt.toISOString() })
    const stranger = await api.keyFor(await anOrganization(api.db, api.platformId))
    expect((await api.get(`/v1/invoices/${id}`, { key: stranger })).status).toBe(404)
    expect(statusAndCode(await credit(id, creditExample, { key: stranger }))).toEqual([404, 'not_found'])
    expect((await api.get(`/v1/organizations/${customer}/invoices`, { key: stranger })).status).toBe(404)
  })
})

describe('Credit notes of the ledger', () => {
  test('A credit note is issued once per idempotency key', async () => {
    const invoice = await aBilledAccount()
    const idempotencyKey = 'spare-device'
    const first = await credit(invoice.id, creditExample, { idempotencyKey })
    expect(first.status).toBe(201)
    expect(first.body).toMatchObject({ kind: 'credit_note', corrects: invoice.id, total: -500 })
    expect(first.headers.location).toBe(`/v1/invoices/${String(first.body.id)}`)
    const again = await credit(invoice.id, { ...creditExample, amount: 500 }, { idempotencyKey })
    expect(again.body).toEqual(first.body)
    expect((await api.get(`/v1/invoices/${invoice.id}`)).body).toMatchObject({ credited: 500 })
    const other = await credit(invoice.id, { ...creditExample, amount: 1 }, { idempotencyKey })
    expect(statusAndCode(other)).toEqual([422, 'idempotency_key_reused'])
  })

  test('A repeated request gets the credit note that used up the invoice', async () => {
    const invoice = await aBilledAccount()
    const request = [invoice.id, { ...creditExample, amount: 1_000 }, { idempotencyKey: 'all' }] as const
    const first = await credit(...request)
    expect(first.status).toBe(201)
    expect((await credit(...request)).body).toEqual(first.body)
  })

  test('A credit note over more than the rest of the invoice is refused by the pointer of the amount', async () => {
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

describe('Credit notes of an external provider', () => {
  beforeAll(() => aPlanPeriod(api.db, customer, { billingAdapter: 'remote' }))

  test('A credit note whose answer was lost is issued once and stored by the next request', async () => {
    const invoice = await keep()
    const request = [invoice.id, { ...creditExample, amount: 1_000 }, { idempotencyKey: 'lost' }] as const
    remote.loseNextAnswer()
    expect(statusAndCode(await credit(...request))).toEqual([503, 'provider_unreachable'])
    expect((await credit(...request)).body).toMatchObject({ corrects: invoice.id, total: -1_000 })
    expect(remote.credits).toHaveLength(1)
  })

  test('A credit note over more than the rest of the invoice is refused before the provider is called', async () => {
    const invoice = await keep()
    const before = remote.credits.length
    expect(pointersOf(await credit(invoice.id, { ...creditExample, amount: 1_001 }))).toEqual(['/amount'])
    expect(remote.credits).toHaveLength(before)
  })

  test('A credit note is refused for a credit note, by an adapter without credit notes, and for a missing adapter', async () => {
    const { externalId: corrects } = await keep()
    const note = await keep(anIssuedInvoice({ kind: 'credit_note', corrects, total: -1 }))
    expect(statusAndCode(await credit(note.id, creditExample))).toEqual([409, 'credit_not_supported'])
    const muted = await keep(undefined, { billingAdapter: 'mute' })
    expect(statusAndCode(await credit(muted.id, creditExample))).toEqual([409, 'credit_not_supported'])
    const gone = await keep(undefined, { billingAdapter: 'gone' })
    expect(statusAndCode(await credit(gone.id, creditExample))).toEqual([409, 'credit_not_supported'])
  })
})

describe('A request for a credit note', () => {
  test('A request needs an idempotency key, an amount and a reason', async () => {
    const { id } = await keep()
    const address = `/v1/invoices/${id}/credit-notes`
    const keyless = await api.post(address, creditExample)
    expect([keyless.status, pointersOf(keyless)]).toEqual([400, ['/headers/idempotency-key']])
    expect(pointersOf(await credit(id, { amount: 0.5, extra: 1 }))).toEqual(['/amount', '/reason', '/extra'])
  })

  test('A partner may not credit the invoices of the platform', async () => {
    const { id } = await keep()
    const refused = await credit(id, creditExample, { key: await api.keyFor(partner) })
    expect(statusAndCode(refused)).toEqual([403, 'platform_only'])
    expect((await api.get(`/v1/invoices/${id}`)).body).toMatchObject({ credited: 0 })
  })
})
