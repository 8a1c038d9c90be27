import { describe, expect, test } from 'vitest'
import { aCall, ledgerWith, prices, startLedgerForFile, year } from './ledger-under-test.ts'

const ledger = await startLedgerForFile()

const lastNumber = async (series: string) => {
  const row = await ledger.db
    .selectFrom('ledger_numbers')
    .select('last')
    .where('series', '=', series)
    .executeTakeFirst()
  return row?.last ?? 0
}

describe('the usage of a month', () => {
  test('is invoiced with a line for each kind of plan and a total', async () => {
    const subscription = await ledger.aSubscription()
    const usage = { trial: 3, purchased: 7 }
    const { externalId, invoice } = await ledger.bill(subscription, usage)
    expect(invoice).toEqual({
      externalId,
      kind: 'invoice',
      number: expect.stringMatching(new RegExp(`^INV-${year}-\\d{6}$`)),
      month: '2026-10',
      currency: 'USD',
      lines: [
        { description: 'Licenses used in October 2026', quantity: 7, unitAmount: 500, amount: 3_500 },
        { description: 'Trial licenses used in October 2026', quantity: 3, unitAmount: 0, amount: 0 },
      ],
      total: 3_500,
      issuedAt: expect.any(Date),
    })
    expect(await ledger.adapter.readUsage(aCall(), { subscription, month: '2026-10' })).toEqual(usage)
  })

  test('has the prices of the settings', async () => {
    const yen = ledgerWith(ledger.db, { currency: 'JPY', purchased: 900, trial: 100 })
    const report = {
      subscription: await ledger.aSubscription(),
      month: '2026-10',
      usage: { trial: 2, purchased: 1 },
      converted: 0,
    }
    expect((await yen.reportUsage(aCall(), report)).invoice).toMatchObject({ currency: 'JPY', total: 1_100 })
  })

  test('is invoiced with the total 0 when it is free', async () => {
    const { invoice } = await ledger.bill(await ledger.aSubscription(), { trial: 2, purchased: 0 })
    expect(invoice).toMatchObject({ total: 0, lines: [{ quantity: 2, amount: 0 }] })
  })

  test('of zero is stored without an invoice, and uses no invoice number', async () => {
    const subscription = await ledger.aSubscription()
    const before = await lastNumber(`INV-${year}`)
    const usage = { trial: 0, purchased: 0 }
    expect(await ledger.bill(subscription, usage)).toEqual({ externalId: expect.any(String) })
    expect(await ledger.adapter.readUsage(aCall(), { subscription, month: '2026-10' })).toEqual(usage)
    expect(await lastNumber(`INV-${year}`)).toBe(before)
  })

  test('is billed once for each key, and another key adds to the month', async () => {
    const subscription = await ledger.aSubscription()
    const call = aCall()
    const first = await ledger.bill(subscription, { trial: 0, purchased: 1 }, call)
    expect(await ledger.bill(subscription, { trial: 0, purchased: 1 }, call)).toEqual(first)
    const second = await ledger.bill(subscription, { trial: 1, purchased: 2 })
    expect(second.invoice?.externalId).not.toBe(first.invoice?.externalId)
    const sum = { trial: 1, purchased: 3 }
    expect(await ledger.adapter.readUsage(aCall(), { subscription, month: '2026-10' })).toEqual(sum)
  })

  test('credits the trial price of a converted license, where trials have a price', async () => {
    const subscription = await ledger.aSubscription()
    const month = { subscription, month: '2026-10' }
    const priced = ledgerWith(ledger.db, { currency: 'USD', purchased: 500, trial: 100 })
    await priced.reportUsage(aCall(), { ...month, usage: { trial: 2, purchased: 0 }, converted: 0 })
    const usage = { trial: 0, purchased: 3 }
    const { invoice } = await priced.reportUsage(aCall(), { ...month, usage, converted: 2 })
    expect(invoice).toMatchObject({ total: 1_300, lines: [{ amount: 1_500 }, { amount: -200 }] })
  })

  test('is billed once when a call is repeated before the first one has committed', async () => {
    const subscription = await ledger.aSubscription()
    const call = aCall()
    const repeated = Promise.withResolvers<unknown>()
    const first = await ledger.db.transaction().execute(async (transaction) => {
      const billed = await ledger.bill(subscription, { trial: 0, purchased: 1 }, { ...call, transaction })
      repeated.resolve(ledger.bill(subscription, { trial: 0, purchased: 1 }, call))
      await expect.poll(ledger.waitingForLocks).toBe(1)
      return billed
    })
    expect(await repeated.promise).toEqual(first)
  })

  test('is billed for an ended subscription, and refused for an unknown one', async () => {
    const subscription = await ledger.aSubscription()
    await ledger.adapter.cancel(aCall(), subscription)
    expect((await ledger.bill(subscription, { trial: 0, purchased: 1 })).invoice).toBeDefined()
    await expect(
      ledger.bill({ ...subscription, organizationId: 'org-other' }, { trial: 0, purchased: 1 }),
    ).rejects.toMatchObject({ code: 'subscription_unknown' })
  })
})

test('invoice numbers have no gap and no duplicate when concurrent transactions are rolled back', async () => {
  const before = await lastNumber(`INV-${year}`)
  const subscriptions = await Promise.all(Array.from({ length: 30 }, ledger.aSubscription))
  const issued = await Promise.allSettled(
    subscriptions.map((subscription, index) =>
      ledger.db.transaction().execute(async (transaction) => {
        const call = { ...aCall(), transaction }
        const { invoice } = await ledger.bill(subscription, { trial: 0, purchased: 1 }, call)
        if (index % 3 === 0) throw new Error('Rolled back')
        return invoice?.number
      }),
    ),
  )
  const numbers = issued.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const expected = Array.from(
    { length: 20 },
    (_, index) => `INV-${year}-${String(before + 1 + index).padStart(6, '0')}`,
  )
  expect(numbers).toHaveLength(20)
  expect(new Set(numbers)).toEqual(new Set(expected))
})

describe('a subscription', () => {
  test('keeps its id when its plan changes, and stores the new plan', async () => {
    const subscription = await ledger.aSubscription()
    const change = {
      subscription,
      from: { kind: 'trial' as const, licenses: 5 },
      to: { kind: 'purchased' as const, licenses: 20 },
    }
    expect(await ledger.adapter.changePlan(aCall(), change)).toEqual({ externalId: subscription.externalId })
    const { plan } = await ledger.db
      .selectFrom('ledger_records')
      .select('plan')
      .where('id', '=', subscription.externalId)
      .executeTakeFirstOrThrow()
    expect(plan).toEqual(change.to)
  })

  test('can be ended twice, and then refuses a plan change', async () => {
    const subscription = await ledger.aSubscription()
    await ledger.adapter.cancel(aCall(), subscription)
    await ledger.adapter.cancel(aCall(), subscription)
    const change = { subscription, from: { kind: 'trial' as const }, to: { kind: 'purchased' as const } }
    await expect(ledger.adapter.changePlan(aCall(), change)).rejects.toMatchObject({
      code: 'subscription_ended',
    })
  })
})

describe('an idempotency key', () => {
  test('finds the result of its call, for every kind of call', async () => {
    const subscription = await ledger.aSubscription()
    const keys = ['plan', 'usage', 'credit', 'end'].map((name) => aCall(name))
    const [plan = aCall(), usage = aCall(), note = aCall(), end = aCall()] = keys
    expect(await ledger.adapter.find(plan)).toBeUndefined()
    const change = { subscription, from: { kind: 'trial' as const }, to: { kind: 'purchased' as const } }
    await ledger.adapter.changePlan(plan, change)
    const billed = await ledger.bill(subscription, { trial: 0, purchased: 1 }, usage)
    if (billed.invoice === undefined) throw new Error('Nothing was invoiced')
    const credited = await ledger.credit(subscription, billed.invoice, 1, note)
    await ledger.adapter.cancel(end, subscription)
    const found = await Promise.all(keys.map((call) => ledger.adapter.find(call)))
    expect(found.map((answer) => answer?.externalId)).toEqual([
      subscription.externalId,
      billed.externalId,
      credited.externalId,
      subscription.externalId,
    ])
  })

  test('returns the first result again, and is refused for other data or another call', async () => {
    const call = aCall()
    const customer = { organizationId: 'org-1', name: 'Northwind' }
    const first = await ledger.adapter.ensureCustomer(call, customer)
    expect(await ledger.adapter.ensureCustomer(call, customer)).toEqual(first)
    const reused = { class: 'terminal', code: 'idempotency_key_reused' }
    await expect(ledger.adapter.ensureCustomer(call, { ...customer, name: 'Contoso' })).rejects.toMatchObject(
      reused,
    )
    await expect(ledger.adapter.cancel(call, await ledger.aSubscription())).rejects.toMatchObject(reused)
  })
})

test('the preview names the price, and invalid prices are refused', () => {
  expect(ledger.adapter.preview({ kind: 'purchased', licenses: 10 })).toMatchObject({
    summary: 'Subscribe to monthly billing for licenses used, up to 10, $5.00 each.',
  })
  expect(() => ledgerWith(ledger.db, { ...prices, purchased: 4.99 })).toThrow('"purchased"')
  expect(() => ledgerWith(ledger.db, { ...prices, currency: 'dollars' })).toThrow('ISO 4217')
})
