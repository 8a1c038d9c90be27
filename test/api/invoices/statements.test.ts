import { describe, expect, test } from 'vitest'
import { openBill } from '../../../domain/billing/bills.ts'
import { anInvoice, anIssuedInvoice } from '../../builders/invoice.ts'
import { aLicenseUse } from '../../builders/license-use.ts'
import { anOrganization } from '../../builders/organization.ts'
import { aPlanPeriod } from '../../builders/plan-period.ts'
import { idsOf, itemsOf, pointersOf, startApiForFile } from '../api-under-test.ts'

const month = '2024-03'

const api = await startApiForFile()
const partner = await anOrganization(api.db, api.platformId, { name: 'Contoso' })
const billed = await anOrganization(api.db, partner, { type: 'customer', name: 'Billed' })
const unbilled = await anOrganization(api.db, partner, { type: 'enterprise', name: 'Unbilled' })
await anOrganization(api.db, partner, { type: 'customer', name: 'Idle' })
const fresh = await anOrganization(api.db, partner, { type: 'customer', name: 'Fresh' })
const statement = `/v1/organizations/${partner}/statements/${month}`

await aPlanPeriod(api.db, billed, { kind: 'trial', to: '2024-03-15T00:00:00Z' })
await aPlanPeriod(api.db, billed, { from: '2024-03-15T00:00:00Z' })
await aLicenseUse(api.db, billed)
await aLicenseUse(api.db, billed)
await aLicenseUse(api.db, billed, { to: '2024-03-02T00:00:00Z' })
const ids = { customerExternalId: 'customer', subscriptionExternalId: 'subscription' }
const target = { organizationId: billed, month, subscription: { billingAdapter: 'ledger', ...ids } }
await api.db.transaction().execute((transaction) => openBill(transaction, target))
await aLicenseUse(api.db, billed, { from: '2024-03-20T00:00:00Z' })
await aPlanPeriod(api.db, unbilled)
await aLicenseUse(api.db, unbilled)
await aPlanPeriod(api.db, fresh, { kind: 'trial' })
await aLicenseUse(api.db, fresh)

const issued = anIssuedInvoice({ month, total: 9_007_199_254_740_000 })
const credit = anIssuedInvoice({ month, kind: 'credit_note', corrects: issued.externalId, total: -1 })
const nextMonth = anIssuedInvoice({ month: '2024-04', issuedAt: new Date('2024-03-15T00:00:00Z') })
for (const invoice of [issued, credit, nextMonth]) await anInvoice(api.db, billed, invoice)
const { month: _month, ...withoutMonth } = anIssuedInvoice({ currency: 'EUR', total: 70 })
await anInvoice(api.db, unbilled, { ...withoutMonth, issuedAt: new Date('2024-03-31T23:59:59.999Z') })
const next = { ...withoutMonth, externalId: 'next', issuedAt: new Date('2024-04-01T00:00:00Z') }
await anInvoice(api.db, unbilled, next)
await anInvoice(api.db, unbilled, anIssuedInvoice({ month, currency: 'USD', total: 10 }))

const stranger = await anOrganization(api.db, api.platformId, { name: 'Stranger' })
await anInvoice(api.db, stranger, anIssuedInvoice({ month, total: 5 }))

const none = { trial: 0, purchased: 0 }

describe('Statements', () => {
  test('The statement of a partner has the totals of each account and of all accounts', async () => {
    const answer = await api.get(statement, { key: await api.keyFor(partner) })
    expect(answer.body).toEqual({
      organizationId: partner,
      month,
      totals: {
        billed: { trial: 1, purchased: 2 },
        unbilled: { trial: 1, purchased: 2 },
        writtenOff: none,
        invoices: [
          { currency: 'EUR', invoiced: 70, credited: 0, total: 70 },
          { currency: 'USD', invoiced: 9_007_199_254_740_010, credited: 1, total: 9_007_199_254_740_009 },
        ],
      },
      items: [
        {
          id: billed,
          name: 'Billed',
          billed: { trial: 1, purchased: 2 },
          unbilled: { trial: 0, purchased: 1 },
          writtenOff: none,
          invoices: [{ currency: 'USD', invoiced: issued.total, credited: 1, total: issued.total - 1 }],
        },
        {
          id: unbilled,
          name: 'Unbilled',
          billed: none,
          unbilled: { trial: 0, purchased: 1 },
          writtenOff: none,
          invoices: [
            { currency: 'EUR', invoiced: 70, credited: 0, total: 70 },
            { currency: 'USD', invoiced: 10, credited: 0, total: 10 },
          ],
        },
        {
          id: fresh,
          name: 'Fresh',
          billed: none,
          unbilled: { trial: 1, purchased: 0 },
          writtenOff: none,
          invoices: [],
        },
      ],
      nextCursor: null,
    })
  })

  test('A statement has pages of accounts with the same totals on each page', async () => {
    const first = await api.get(`${statement}?limit=1`)
    const second = await api.get(`${statement}?limit=2&cursor=${String(first.body.nextCursor)}`)
    expect(idsOf([...itemsOf(first), ...itemsOf(second)])).toEqual([billed, unbilled, fresh])
    expect(second.body.totals).toEqual(first.body.totals)
    expect(second.body.nextCursor).toBeNull()
  })

  test('The statement of an account has only that account, and the statement of an idle month is empty', async () => {
    const own = await api.get(`/v1/organizations/${unbilled}/statements/${month}`)
    expect(idsOf(itemsOf(own))).toEqual([unbilled])
    const empty = await api.get(`/v1/organizations/${partner}/statements/2019-01`)
    const totals = { billed: none, unbilled: none, invoices: [] }
    expect(empty.body).toMatchObject({ totals, items: [], nextCursor: null })
  })

  test('A statement is refused for an invalid month, and answered with 404 outside the subtree', async () => {
    const answer = await api.get(`/v1/organizations/${partner}/statements/2024-13`)
    expect([answer.status, pointersOf(answer)]).toEqual([400, ['/path/month']])
    const key = await api.keyFor(partner)
    expect((await api.get(`/v1/organizations/root/statements/${month}`, { key })).status).toBe(404)
  })
})
