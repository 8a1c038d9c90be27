import { afterAll, expect, test } from 'vitest'
import { reconcileMonth } from '../../../activities/reconciliation/reconcile-month.ts'
import { findBillable } from '../../../domain/billing/billable.ts'
import { findOpenBills, openBill, recordBill } from '../../../domain/billing/bills.ts'
import { listInvoices } from '../../../domain/billing/invoices.ts'
import { takeDocument } from '../../../domain/billing/take-document.ts'
import { platformId } from '../../../domain/organizations/read-organizations.ts'
import { ledger } from '../../../plugins/ledger/plugin.ts'
import { createRegistry } from '../../../plugins/registry.ts'
import { aLicenseUse } from '../../builders/license-use.ts'
import { anOrganization } from '../../builders/organization.ts'
import { aPlanPeriod } from '../../builders/plan-period.ts'
import { freshDatabase } from '../../stack/database.ts'
import { prices } from './ledger-under-test.ts'

const month = '2024-03'

const { db, drop } = await freshDatabase()
afterAll(drop)
const registry = createRegistry([ledger({ db, prices })])

const signal = AbortSignal.timeout(60_000)

async function anAccount(): Promise<string> {
  const organizationId = await anOrganization(db, await platformId(db), { type: 'customer' })
  const adapter = registry.billing('ledger')
  const call = (name: string) => ({ idempotencyKey: `${organizationId}:${name}`, signal })
  const customer = await adapter.ensureCustomer(call('customer'), { organizationId, name: 'Northwind' })
  const subscription = await adapter.ensureSubscription(call('subscription'), {
    customerExternalId: customer.externalId,
    organizationId,
    plan: { kind: 'purchased' },
  })
  await aPlanPeriod(db, organizationId, {
    customer: customer.externalId,
    subscription: subscription.externalId,
  })
  await aLicenseUse(db, organizationId)
  return organizationId
}

/** Bills every billable account as the step does. @param killed accounts whose transaction is rolled back at its end. */
async function billAll(killed: string[] = []): Promise<void> {
  const billable = await findBillable(db, month, { limit: 50 })
  for (const { organizationId, usage: _usage, earlierBills: _earlier, ...subscription } of billable) {
    const { billingAdapter, customerExternalId, subscriptionExternalId } = subscription
    await db
      .transaction()
      .execute(async (transaction) => {
        await openBill(transaction, { organizationId, month, subscription })
        const [bill] = await findOpenBills(transaction, { organizationId, month, subscription })
        if (bill === undefined) return
        const { converted, ...usage } = bill.usage
        const { externalId: externalReference, invoice } = await registry.billing(billingAdapter).reportUsage(
          { idempotencyKey: `bill:${bill.id}`, signal, transaction },
          {
            subscription: { organizationId, customerExternalId, externalId: subscriptionExternalId },
            month,
            usage,
            converted,
          },
        )
        if (invoice !== undefined)
          await takeDocument(transaction, { billingAdapter, of: { organizationId }, document: invoice })
        await recordBill(transaction, { billId: bill.id, externalReference })
        if (killed.includes(organizationId)) throw new Error('Killed')
      })
      .catch((error: unknown) => expect(error).toMatchObject({ message: 'Killed' }))
  }
}

test('each account has one invoice for a month, without a gap in the numbers, after rolled back and repeated runs', async () => {
  const accounts = [await anAccount(), await anAccount(), await anAccount()]
  await billAll(accounts.slice(0, 2))
  await Promise.all([billAll(), billAll()])
  await billAll()

  const invoices = []
  for (const id of accounts) invoices.push(await listInvoices(db, id, { limit: 10, after: undefined }))
  expect(invoices.map(({ length }) => length)).toEqual([1, 1, 1])
  const numbers = invoices.flat().map(({ number }) => number.slice(-6))
  expect(new Set(numbers)).toEqual(new Set(['000001', '000002', '000003']))
  expect(await reconcileMonth({ db, billing: registry.billing }, month)).toEqual({
    compared: 3,
    findings: [],
  })
})
