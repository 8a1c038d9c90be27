import { sql, type Transaction } from 'kysely'
import { beforeEach, describe, expect, test } from 'vitest'
import { findBillable, listBilledSubscriptions } from '../../../domain/billing/billable.ts'
import { findOpenBills, type OpenBill, openBill, recordBill } from '../../../domain/billing/bills.ts'
import type { Database } from '../../../domain/database/tables.ts'
import { platformId } from '../../../domain/organizations/read-organizations.ts'
import { aLicenseUse } from '../../builders/license-use.ts'
import { anOrganization } from '../../builders/organization.ts'
import { aPlanPeriod } from '../../builders/plan-period.ts'
import { unbilledUsage } from '../../builders/usage-on-no-bill.ts'
import { freshDatabaseForFile } from '../../stack/database.ts'

const month = '2024-03'

const { db } = await freshDatabaseForFile()
let account: string
beforeEach(async () => {
  account = await anOrganization(db, await platformId(db), { type: 'customer' })
})

const targetOf = (subscriptionExternalId = 'subscription', of = month) => ({
  organizationId: account,
  month: of,
  subscription: { billingAdapter: 'ledger', customerExternalId: 'customer', subscriptionExternalId },
})

const within = <Result>(body: (transaction: Transaction<Database>) => Promise<Result>) =>
  db.transaction().execute(body)

/** Opens a bill if there is usage, and returns the open bills. */
const openBills = (target = targetOf(), options: { final?: true } = {}): Promise<OpenBill[]> =>
  within(async (transaction) => {
    await openBill(transaction, target, options)
    return findOpenBills(transaction, target)
  })

async function open(target = targetOf(), options: { final?: true } = {}): Promise<OpenBill> {
  const bill = (await openBills(target, options)).at(-1)
  if (bill === undefined) throw new Error('There was nothing to bill')
  return bill
}

const record = (billId: string, externalReference: string) =>
  within((transaction) => recordBill(transaction, { billId, externalReference }))

async function devicesOn(billId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('billed_devices')
    .select('device_id')
    .where('bill_id', '=', billId)
    .execute()
  return rows.map((row) => row.device_id)
}

describe('a bill', () => {
  test('has the devices that it counts, and no other bill of the month counts them', async () => {
    await aPlanPeriod(db, account)
    const devices = [await aLicenseUse(db, account), await aLicenseUse(db, account)]
    const bill = await open()
    expect(bill.usage).toEqual({ trial: 0, purchased: 2, converted: 0 })
    expect(new Set(await devicesOn(bill.id))).toEqual(new Set(devices))
    expect(await unbilledUsage(db, account, month)).toEqual({})
    expect(await unbilledUsage(db, account, '2024-04')).toEqual({ subscription: '0+2' })
  })

  test('keeps its numbers, and later usage of the month is on a second bill', async () => {
    await aPlanPeriod(db, account)
    await aLicenseUse(db, account)
    const first = await open()
    const later = await aLicenseUse(db, account)
    const bills = await openBills()
    expect(bills).toEqual([first, { ...first, id: expect.any(String) }])
    expect(await devicesOn(bills[1]?.id ?? '')).toEqual([later])
    await record(first.id, 'led-1')
    expect(await openBills()).toEqual(bills.slice(1))
  })

  test('is opened once by many calls at the same time', async () => {
    await aPlanPeriod(db, account)
    await aLicenseUse(db, account)
    await Promise.all(Array.from({ length: 8 }, () => openBills()))
    expect(await openBills()).toMatchObject([{ usage: { purchased: 1 } }])
  })

  test('is not opened without usage, and can be opened later', async () => {
    await aPlanPeriod(db, account)
    expect(await openBills()).toEqual([])
    await aLicenseUse(db, account)
    expect(await openBills()).toMatchObject([{ usage: { purchased: 1 } }])
  })

  test('of a subscription that ends has every device of it, also of a next subscription', async () => {
    await aPlanPeriod(db, account, { subscription: 'old', to: '2024-03-10T00:00:00Z' })
    await aPlanPeriod(db, account, { subscription: 'new', from: '2024-03-10T00:00:00Z' })
    const gone = await aLicenseUse(db, account, { to: '2024-03-05T00:00:00Z' })
    const stayed = await aLicenseUse(db, account)
    const late = await aLicenseUse(db, account, { from: '2024-03-21T00:00:00Z' })
    const old = await open(targetOf('old'), { final: true })
    const recent = await open(targetOf('new'))
    expect(await devicesOn(old.id)).toEqual([gone, stayed].sort())
    expect(await devicesOn(recent.id)).toEqual([late])
  })

  test('has a device that is billed as trial once more as purchased, after a conversion', async () => {
    const since = '2024-03-10T00:00:00Z'
    await aPlanPeriod(db, account, { kind: 'trial', subscription: 'first', to: since })
    const device = await aLicenseUse(db, account)
    await record((await open(targetOf('first'))).id, 'led-6')
    await aPlanPeriod(db, account, { kind: 'purchased', subscription: 'next', from: since })
    const converted = await open(targetOf('next'))
    expect(converted.usage).toEqual({ trial: 0, purchased: 1, converted: 1 })
    expect(await devicesOn(converted.id)).toEqual([device])
    expect(await unbilledUsage(db, account, month)).toEqual({})
  })

  test('counts a device as purchased, whichever of two subscriptions is billed first', async () => {
    const since = '2024-03-10T00:00:00Z'
    await aPlanPeriod(db, account, { kind: 'trial', subscription: 'first', to: since })
    await aPlanPeriod(db, account, { kind: 'purchased', subscription: 'next', from: since })
    await aLicenseUse(db, account)
    await aLicenseUse(db, account, { to: '2024-03-05T00:00:00Z' })
    const first = await open(targetOf('first'))
    expect(first.usage).toEqual({ trial: 1, purchased: 0, converted: 0 })
    expect((await open(targetOf('next'))).usage).toEqual({ trial: 0, purchased: 1, converted: 0 })
  })

  test('can be recorded again with the same reference, and not with another one', async () => {
    await aPlanPeriod(db, account)
    await aLicenseUse(db, account)
    const { id } = await open()
    await record(id, 'led-3')
    await record(id, 'led-3')
    await expect(record(id, 'led-4')).rejects.toThrow('not one that waits')
  })
})

describe('the billing of a month', () => {
  test('lists page by page each subscription with usage until its bill is recorded', async () => {
    const accounts = []
    for (const subscription of ['a', 'b', 'c']) {
      account = await anOrganization(db, await platformId(db), { type: 'customer' })
      accounts.push(account)
      await aPlanPeriod(db, account, {
        kind: 'trial',
        subscription,
        from: '2019-01-01T00:00:00Z',
        to: '2019-02-10T00:00:00Z',
      })
      await aPlanPeriod(db, account, {
        subscription,
        from: '2019-02-10T00:00:00Z',
        to: '2019-02-20T00:00:00Z',
      })
      if (subscription !== 'b') await aLicenseUse(db, account, { from: '2019-01-01T00:00:00Z' })
    }
    const first = await findBillable(db, '2019-02', { limit: 1 })
    expect(first).toEqual([
      {
        organizationId: accounts[0],
        billingAdapter: 'ledger',
        customerExternalId: 'customer',
        subscriptionExternalId: 'a',
        usage: { trial: 0, purchased: 1, converted: 0 },
        earlierBills: 0,
      },
    ])
    const second = await findBillable(db, '2019-02', { limit: 5, after: first[0] })
    expect(second).toMatchObject([{ organizationId: accounts[2], subscriptionExternalId: 'c' }])
    const bill = await open({ ...targetOf('c', '2019-02'), organizationId: accounts[2] ?? '' })
    expect(await findBillable(db, '2019-02', { limit: 5, after: first[0] })).toEqual(second)
    await db
      .transaction()
      .execute((transaction) => recordBill(transaction, { billId: bill.id, externalReference: 'led-5' }))
    expect(await findBillable(db, '2019-02', { limit: 5, after: first[0] })).toEqual([])
    expect(await findBillable(db, '2019-03', { limit: 5 })).toEqual([])
  })

  test('lists a subscription after more unused ones than one statement reads', async () => {
    await sql`
      insert into plan_periods (id, organization_id, kind, billing_adapter, external_customer_id,
        external_subscription_id, starts_at, ends_at)
      select 'per_idle_' || n, ${account}, 'purchased', 'ledger', 'customer', 'idle ' || n, '2017-01-01', '2017-03-01'
      from generate_series(1, 5001) as n
    `.execute(db)
    const last = await anOrganization(db, await platformId(db), { type: 'customer' })
    await aPlanPeriod(db, last, { from: '2017-01-01T00:00:00Z', to: '2017-03-01T00:00:00Z' })
    await aLicenseUse(db, last, { from: '2017-01-01T00:00:00Z' })
    expect(await findBillable(db, '2017-02', { limit: 50 })).toMatchObject([{ organizationId: last }])
  })

  test('lists page by page each subscription of the month with its recorded usage', async () => {
    const accounts = []
    for (const subscription of ['x', 'y', 'z']) {
      account = await anOrganization(db, await platformId(db), { type: 'customer' })
      accounts.push(account)
      await aPlanPeriod(db, account, {
        subscription,
        from: '2018-01-01T00:00:00Z',
        to: '2018-02-10T00:00:00Z',
      })
      await aLicenseUse(db, account, { from: '2018-01-01T00:00:00Z' })
      const bill = await open(targetOf(subscription, '2018-02'))
      if (subscription !== 'y') await record(bill.id, `led-${subscription}`)
    }
    await db.deleteFrom('plan_periods').where('external_subscription_id', '=', 'z').execute()
    const first = await listBilledSubscriptions(db, '2018-02', { limit: 2 })
    const rest = await listBilledSubscriptions(db, '2018-02', { limit: 2, after: first[1] })
    const billed = { trial: 0, purchased: 1 }
    expect([...first, ...rest]).toMatchObject([
      { organizationId: accounts[0], subscriptionExternalId: 'x', billed },
      { organizationId: accounts[1], subscriptionExternalId: 'y', billed: null },
      { organizationId: accounts[2], subscriptionExternalId: 'z', billed },
    ])
  })
})
