import { afterAll, beforeAll, expect, test } from 'vitest'
import type { NewInvoice } from '../../../domain/billing/invoices.ts'
import { platformId } from '../../../domain/organizations/read-organizations.ts'
import { takeProviderEvent } from '../../../domain/billing/provider-events.ts'
import { anIssuedInvoice } from '../../builders/invoice.ts'
import { anOrganization } from '../../builders/organization.ts'
import { aPlanPeriod } from '../../builders/plan-period.ts'
import { freshDatabase, type TestDatabase } from '../../stack/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())

async function aCustomer(customer: string): Promise<string> {
  const { db } = database
  const account = await anOrganization(db, await platformId(db), { type: 'customer' })
  await aPlanPeriod(db, account, { billingAdapter: 'http', customer })
  return account
}

let events = 0
const tell = (customerExternalId: string, invoice: NewInvoice) =>
  takeProviderEvent(database.db, 'http', {
    id: `event-${++events}`,
    type: 'invoice_issued',
    customerExternalId,
    invoice,
  })

const kindsOf = async (account: string) => {
  const kept = database.db.selectFrom('invoices').select('kind').where('organization_id', '=', account)
  return (await kept.orderBy('id').execute()).map(({ kind }) => kind)
}

test('a credit note that comes before its invoice waits for it', async () => {
  const account = await aCustomer('wrong order')
  const invoice = anIssuedInvoice()
  await tell('wrong order', anIssuedInvoice({ kind: 'credit_note', corrects: invoice.externalId, total: -1 }))
  expect(await kindsOf(account)).toEqual([])
  await tell('wrong order', invoice)
  expect(await kindsOf(account)).toEqual(['invoice', 'credit_note'])
})

test('what can not be kept holds up nothing that comes after it', async () => {
  const [one, other] = [await aCustomer('one'), await aCustomer('other')]
  const invoice = anIssuedInvoice()
  await tell('one', anIssuedInvoice({ kind: 'credit_note', corrects: 'never issued', total: -1 }))
  await tell('one', invoice)
  // The same invoice of another customer.
  await tell('other', invoice)
  await tell('other', anIssuedInvoice())
  expect([await kindsOf(one), await kindsOf(other)]).toEqual([['invoice'], ['invoice']])
})
