import { expect, test } from 'vitest'
import type { NewInvoice } from '../../../domain/billing/invoices.ts'
import { platformId } from '../../../domain/organizations/read-organizations.ts'
import { takeProviderEvent } from '../../../domain/billing/provider-events.ts'
import { anIssuedInvoice } from '../../builders/invoice.ts'
import { anOrganization } from '../../builders/organization.ts'
import { aPlanPeriod } from '../../builders/plan-period.ts'
import { freshDatabaseForFile } from '../../stack/database.ts'

const { db } = await freshDatabaseForFile()

async function aCustomer(customer: string): Promise<string> {
  const account = await anOrganization(db, await platformId(db), { type: 'customer' })
  await aPlanPeriod(db, account, { billingAdapter: 'http', customer })
  return account
}

let events = 0
const takeInvoice = (customerExternalId: string, invoice: NewInvoice) =>
  takeProviderEvent(db, 'http', {
    id: `event-${++events}`,
    type: 'invoice_issued',
    customerExternalId,
    invoice,
  })

const kindsOf = async (account: string) => {
  const stored = db.selectFrom('invoices').select('kind').where('organization_id', '=', account)
  return (await stored.orderBy('id').execute()).map(({ kind }) => kind)
}

test('a credit note that arrives before its invoice is stored after the invoice', async () => {
  const account = await aCustomer('wrong order')
  const invoice = anIssuedInvoice()
  await takeInvoice(
    'wrong order',
    anIssuedInvoice({ kind: 'credit_note', corrects: invoice.externalId, total: -1 }),
  )
  expect(await kindsOf(account)).toEqual([])
  await takeInvoice('wrong order', invoice)
  expect(await kindsOf(account)).toEqual(['invoice', 'credit_note'])
})

test('an event that can not be stored does not hold up later events', async () => {
  const [one, other] = [await aCustomer('one'), await aCustomer('other')]
  const invoice = anIssuedInvoice()
  await takeInvoice('one', anIssuedInvoice({ kind: 'credit_note', corrects: 'never issued', total: -1 }))
  await takeInvoice('one', invoice)
  // The invoice belongs to another customer already.
  await takeInvoice('other', invoice)
  await takeInvoice('other', anIssuedInvoice())
  expect([await kindsOf(one), await kindsOf(other)]).toEqual([['invoice'], ['invoice']])
})
