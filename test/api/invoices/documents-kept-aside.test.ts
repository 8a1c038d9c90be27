import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import type { NewInvoice } from '../../../domain/billing/invoices.ts'
import { anInvoice, anIssuedInvoice } from '../../builders/invoice.ts'
import { anOrganization } from '../../builders/organization.ts'
import { aPlanPeriod } from '../../builders/plan-period.ts'
import { remoteProvider } from '../../builders/remote-provider.ts'
import { rowsOf } from '../../builders/rows.ts'
import { itemsOf, startApiForFile, statusAndCode } from '../api-under-test.ts'

const remote = remoteProvider('remote')
const api = await startApiForFile({ plugins: [{ name: 'providers', billing: [remote.adapter] }] })
beforeEach(() => {
  remote.alter = (creditNote) => creditNote
})

/** Adds an account of the remote provider, whose customer has the id of the account. */
async function anAccount(): Promise<string> {
  const account = await anOrganization(api.db, api.platformId, { type: 'customer' })
  await aPlanPeriod(api.db, account, { billingAdapter: 'remote', customer: account })
  return account
}

/** Adds an account with an invoice over 2,000. */
async function anInvoicedAccount() {
  const account = await anAccount()
  return { account, invoice: await anInvoice(api.db, account, anIssuedInvoice({ total: 2_000 }), 'remote') }
}

const credit = (id: string, amount: number, key: string = randomUUID()) =>
  api.post(
    `/v1/invoices/${id}/credit-notes`,
    { amount, reason: 'Spare' },
    { headers: { 'idempotency-key': key } },
  )

/** Delivers a document by a webhook, in a new event. */
const deliver = (customerExternalId: string, invoice: NewInvoice) =>
  api.post('/v1/billing/remote/webhooks', {
    id: randomUUID(),
    type: 'invoice_issued',
    customerExternalId,
    invoice,
  })

const creditedOf = async (id: string) => (await api.get(`/v1/invoices/${id}`)).body.credited
const documentsOf = async (account: string) =>
  itemsOf(await api.get(`/v1/organizations/${account}/invoices`)).map(({ externalId }) => externalId)
const heldOf = async (account: string) =>
  (await rowsOf(api.db, 'held_documents', { organization_id: account })).map(
    ({ external_id: id, state, reason }) => ({ id, state, reason }),
  )

const lineOf = (amount: number) => [{ description: 'x', quantity: 1, unitAmount: amount, amount }]
const billing = (quantity: number) =>
  anIssuedInvoice({
    total: quantity * 500,
    lines: [{ description: 'Licenses', quantity, unitAmount: 500, amount: quantity * 500 }],
  })

describe('Credit notes that the provider issued otherwise than asked', () => {
  test('Four credits of 1,500 at once on 2,000 are taken once, though the provider issues all of them', async () => {
    const { account, invoice } = await anInvoicedAccount()
    const all = Promise.withResolvers<void>()
    let asked = 0
    remote.alter = async (creditNote) => {
      if (++asked === 4) all.resolve()
      await all.promise
      return creditNote
    }
    const answers = await Promise.all([1, 2, 3, 4].map(() => credit(invoice.id, 1_500)))
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([
      201, 502, 502, 502,
    ])
    expect(await creditedOf(invoice.id)).toBe(1_500)
    expect(await heldOf(account)).toHaveLength(3)
    const refused = answers.find(({ status }) => status === 502)
    expect(refused?.body).toMatchObject({
      code: 'credit_note_kept_aside',
      detail: expect.stringContaining('3000 would be credited of an invoice over 2000'),
    })
  })

  test.each<[string, Partial<NewInvoice>, string]>([
    ['with a positive total', { total: 500, lines: lineOf(500) }, 'not negative'],
    ['over another amount', { total: -700, lines: lineOf(-700) }, 'about 700, and 500 was asked'],
    ['in another currency', { currency: 'EUR' }, 'is EUR, and that of the invoice is USD'],
    ['of another month', { month: '2026-09' }, '2026-09'],
    ['for another invoice', { corrects: 'other' }, 'another invoice than the credited one'],
    ['that is an invoice', { kind: 'invoice', total: 500, lines: lineOf(500) }, 'corrects another'],
  ])('A credit note %s is answered with 502 and kept aside', async (_, change, reason) => {
    const { account, invoice } = await anInvoicedAccount()
    remote.alter = (note) => ({ ...note, ...change })
    const key = randomUUID()
    const answer = await credit(invoice.id, 500, key)
    expect(statusAndCode(answer)).toEqual([502, 'credit_note_kept_aside'])
    expect(answer.body.detail).toContain(reason)
    // The provider gives the same answer again.
    expect(statusAndCode(await credit(invoice.id, 500, key))).toEqual([502, 'credit_note_kept_aside'])
    expect(await heldOf(account)).toMatchObject([{ state: 'unfit', reason: expect.stringContaining(reason) }])
    expect([await creditedOf(invoice.id), await documentsOf(account)]).toEqual([0, [invoice.externalId]])
  })

  test('A credit note over another amount is taken once its provider delivers it corrected', async () => {
    const { account, invoice } = await anInvoicedAccount()
    remote.alter = (note) => ({ ...note, total: -700, lines: lineOf(-700) })
    await credit(invoice.id, 500)
    const wrong = remote.credits.at(-1)
    if (wrong === undefined) throw new Error('No credit note was issued')
    // The webhook does not name the asked amount, and the credit note would fit otherwise.
    expect(statusAndCode(await deliver(account, wrong))).toEqual([422, 'document_unfit'])
    expect(await creditedOf(invoice.id)).toBe(0)
    expect((await deliver(account, { ...wrong, total: -500, lines: lineOf(-500) })).status).toBe(204)
    expect([await creditedOf(invoice.id), await heldOf(account)]).toEqual([500, []])
  })
})

describe('Documents in webhooks that do not fit', () => {
  test.each<[string, Partial<NewInvoice>, string]>([
    ['in an unknown currency', { currency: 'ZZZ' }, 'ZZZ'],
    ['over a negative amount', anIssuedInvoice({ total: -500 }), 'negative'],
    ['of no month', { month: '2026-00' }, '2026-00'],
    ['whose lines do not add up', { total: 999 }, 'add up to 1000'],
  ])(
    'An invoice %s is answered with 422, kept aside once, and taken when it is corrected',
    async (_, change, reason) => {
      const account = await anAccount()
      const invoice = anIssuedInvoice()
      const wrong = { ...invoice, ...change, externalId: invoice.externalId }
      const answers = [await deliver(account, wrong), await deliver(account, wrong)]
      for (const answer of answers) {
        expect(statusAndCode(answer)).toEqual([422, 'document_unfit'])
        expect(answer.body.detail).toContain(reason)
      }
      expect(await heldOf(account)).toMatchObject([{ id: invoice.externalId, state: 'unfit' }])
      expect(await documentsOf(account)).toEqual([])
      expect(itemsOf(await api.get(`/v1/organizations/${account}/activity`))).toEqual([])

      expect((await deliver(account, invoice)).status).toBe(204)
      expect([await documentsOf(account), await heldOf(account)]).toEqual([[invoice.externalId], []])
    },
  )

  test('An invoice is kept aside when it bills more licenses than were reported for its month', async () => {
    const account = await anAccount()
    await api.db
      .insertInto('bills')
      .values({
        id: randomUUID(),
        organization_id: account,
        month: '2026-10',
        billing_adapter: 'remote',
        external_customer_id: account,
        external_subscription_id: 'subscription',
        trial: 1,
        purchased: 2,
        converted: 0,
      })
      .execute()
    expect((await deliver(account, billing(3))).status).toBe(204)
    const answer = await deliver(account, billing(4))
    expect([answer.status, answer.body.detail]).toEqual([422, expect.stringContaining('bills 4 licenses')])
  })

  test('A second version of an invoice is kept aside until the provider delivers the first one again', async () => {
    const { account, invoice } = await anInvoicedAccount()
    const { externalId } = invoice
    expect((await deliver(account, anIssuedInvoice({ externalId, total: 20 }))).status).toBe(422)
    expect(await heldOf(account)).toHaveLength(1)
    expect((await deliver(account, anIssuedInvoice({ externalId, total: 2_000 }))).status).toBe(204)
    expect([await heldOf(account), await documentsOf(account)]).toEqual([[], [externalId]])
  })

  test('A document of an unknown customer waits, whatever it says, and is checked when the account is on record', async () => {
    const account = await anOrganization(api.db, api.platformId, { type: 'customer' })
    const [fitting, unfit] = [anIssuedInvoice(), anIssuedInvoice({ currency: 'ZZZ' })]
    for (const invoice of [fitting, unfit]) expect((await deliver(account, invoice)).status).toBe(204)
    const rows = await rowsOf(api.db, 'held_documents', { external_customer_id: account })
    expect(rows.map(({ state }) => state)).toEqual(['waiting', 'waiting'])
    await aPlanPeriod(api.db, account, { billingAdapter: 'remote', customer: account })
    await deliver(await anAccount(), anIssuedInvoice())
    expect(await documentsOf(account)).toEqual([fitting.externalId])
    expect(await heldOf(account)).toMatchObject([{ id: unfit.externalId, state: 'unfit' }])
  })
})
