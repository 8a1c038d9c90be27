import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type {
  BillingAdapter,
  BillingCall,
  BillingSubscription,
  BillingUsage,
  IssuedInvoice,
} from '../../plugins/contract.ts'
import { ledger } from '../../plugins/ledger/plugin.ts'
import type { Prices } from '../../plugins/ledger/prices.ts'
import { freshDatabase, type TestDatabase } from '../stack/database.ts'

const prices = { currency: 'USD', purchased: 500, trial: 0 }
const year = new Date().getUTCFullYear()

let database: TestDatabase
let db: DatabaseConnection
let adapter: BillingAdapter
beforeAll(async () => {
  database = await freshDatabase()
  db = database.db
  adapter = adapterWith(prices)
})
afterAll(() => database.drop())

function adapterWith(catalogue: Prices): BillingAdapter {
  const [built] = ledger({ db, prices: catalogue }).billing ?? []
  if (built === undefined) throw new Error('The plug-in brings no adapter')
  return built
}

let calls = 0
const callWith = (idempotencyKey: string): BillingCall => ({
  idempotencyKey,
  signal: AbortSignal.timeout(30_000),
})
const aCall = () => callWith(`call-${++calls}`)

async function aSubscription(): Promise<BillingSubscription> {
  const organizationId = `org-${++calls}`
  const customer = await adapter.ensureCustomer(aCall(), { organizationId, name: 'Northwind' })
  const { externalId } = await adapter.ensureSubscription(aCall(), {
    customerExternalId: customer.externalId,
    organizationId,
    plan: { kind: 'trial', licenses: 5, trialDays: 30 },
  })
  return { organizationId, customerExternalId: customer.externalId, externalId }
}

async function bill(
  subscription: BillingSubscription,
  usage: BillingUsage,
  call = aCall(),
  month = '2026-10',
) {
  return adapter.reportUsage(call, { subscription, month, usage })
}

async function anInvoice(subscription: BillingSubscription): Promise<IssuedInvoice> {
  const { invoice } = await bill(subscription, { trial: 0, purchased: 2 })
  if (invoice === undefined) throw new Error('Nothing was invoiced')
  return invoice
}

function credit(subscription: BillingSubscription, invoice: IssuedInvoice, amount: number, call = aCall()) {
  if (adapter.creditInvoice === undefined) throw new Error('The ledger can not credit')
  return adapter.creditInvoice(call, { subscription, invoice, amount, reason: 'Billed for a spare device' })
}

async function waitingForLocks(): Promise<number> {
  const { rows } = await sql<{ waiting: number }>`
    select count(*)::int as waiting from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'
  `.execute(db)
  return rows[0]?.waiting ?? 0
}

const lastNumber = async (series: string) => {
  const row = await db
    .selectFrom('ledger_numbers')
    .select('last')
    .where('series', '=', series)
    .executeTakeFirst()
  return row?.last ?? 0
}

describe('the usage of a month', () => {
  test('is rated by kind, each a line, and invoiced with its total', async () => {
    const subscription = await aSubscription()
    const { externalId, invoice } = await bill(subscription, { trial: 3, purchased: 7 })
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
    expect(await adapter.readUsage(aCall(), { subscription, month: '2026-10' })).toEqual({
      trial: 3,
      purchased: 7,
    })
  })

  test('costs what the catalogue says', async () => {
    const yen = adapterWith({ currency: 'JPY', purchased: 900, trial: 100 })
    const report = {
      subscription: await aSubscription(),
      month: '2026-10',
      usage: { trial: 2, purchased: 1 },
    }
    expect((await yen.reportUsage(aCall(), report)).invoice).toMatchObject({ currency: 'JPY', total: 1_100 })
  })

  test('is invoiced with the total 0 when all of it was free', async () => {
    const { invoice } = await bill(await aSubscription(), { trial: 2, purchased: 0 })
    expect(invoice).toMatchObject({ total: 0, lines: [{ quantity: 2, amount: 0 }] })
  })

  test('is kept without an invoice and without using up a number when there was none', async () => {
    const subscription = await aSubscription()
    const before = await lastNumber(`INV-${year}`)
    expect(await bill(subscription, { trial: 0, purchased: 0 })).toEqual({ externalId: expect.any(String) })
    expect(await adapter.readUsage(aCall(), { subscription, month: '2026-10' })).toEqual({
      trial: 0,
      purchased: 0,
    })
    expect(await lastNumber(`INV-${year}`)).toBe(before)
  })

  test('is billed once: the same key answers the first invoice, and another key is refused', async () => {
    const subscription = await aSubscription()
    const call = aCall()
    const first = await bill(subscription, { trial: 0, purchased: 1 }, call)
    expect(await bill(subscription, { trial: 0, purchased: 1 }, call)).toEqual(first)
    await expect(bill(subscription, { trial: 0, purchased: 1 })).rejects.toMatchObject({
      class: 'terminal',
      code: 'month_already_billed',
    })
    expect((await bill(subscription, { trial: 0, purchased: 1 }, aCall(), '2026-11')).invoice).toBeDefined()
  })

  test('is billed once when the same call comes again before the first has committed', async () => {
    const subscription = await aSubscription()
    const call = aCall()
    const again = Promise.withResolvers<unknown>()
    const first = await db.transaction().execute(async (transaction) => {
      const billed = await bill(subscription, { trial: 0, purchased: 1 }, { ...call, transaction })
      again.resolve(bill(subscription, { trial: 0, purchased: 1 }, call))
      await expect.poll(waitingForLocks).toBe(1)
      return billed
    })
    expect(await again.promise).toEqual(first)
  })

  test('of a subscription that has ended is billed, and of one that never was is refused', async () => {
    const subscription = await aSubscription()
    await adapter.cancel(aCall(), subscription)
    expect((await bill(subscription, { trial: 0, purchased: 1 })).invoice).toBeDefined()
    await expect(
      bill({ ...subscription, organizationId: 'org-other' }, { trial: 0, purchased: 1 }),
    ).rejects.toMatchObject({ code: 'subscription_unknown' })
  })
})

test('numbers have no gap and no duplicate, although transactions run at once and some are rolled back', async () => {
  const before = await lastNumber(`INV-${year}`)
  const subscriptions = await Promise.all(Array.from({ length: 30 }, aSubscription))
  const issued = await Promise.allSettled(
    subscriptions.map((subscription, index) =>
      db.transaction().execute(async (transaction) => {
        const call = { ...aCall(), transaction }
        const { invoice } = await bill(subscription, { trial: 0, purchased: 1 }, call)
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

describe('a credit note', () => {
  test('corrects an invoice in a series of its own', async () => {
    const subscription = await aSubscription()
    const invoice = await anInvoice(subscription)
    const { externalId, creditNote } = await credit(subscription, invoice, 300)
    expect(creditNote).toEqual({
      externalId,
      kind: 'credit_note',
      number: expect.stringMatching(new RegExp(`^CN-${year}-\\d{6}$`)),
      corrects: invoice.externalId,
      month: '2026-10',
      currency: 'USD',
      lines: [{ description: 'Billed for a spare device', quantity: 1, unitAmount: -300, amount: -300 }],
      total: -300,
      issuedAt: expect.any(Date),
    })
  })

  test('is at most what earlier ones left, also when they are made at once', async () => {
    const subscription = await aSubscription()
    const invoice = await anInvoice(subscription)
    const results = await Promise.allSettled(
      [400, 400, 400].map((each) => credit(subscription, invoice, each)),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
    await expect(credit(subscription, invoice, 201)).rejects.toMatchObject({
      class: 'needs_input',
      code: 'credit_exceeds_invoice',
      fields: [{ pointer: '/amount', message: 'Use at least 1 and at most 200.' }],
    })
    expect((await credit(subscription, invoice, 200)).creditNote.total).toBe(-200)
  })

  test('is made once a key, and only for an invoice of the account', async () => {
    const subscription = await aSubscription()
    const invoice = await anInvoice(subscription)
    const call = aCall()
    const first = await credit(subscription, invoice, 600, call)
    expect(await credit(subscription, invoice, 600, call)).toEqual(first)
    await expect(credit(subscription, invoice, 100, call)).rejects.toMatchObject({
      class: 'terminal',
      code: 'idempotency_key_reused',
    })
    await expect(credit(await aSubscription(), invoice, 100)).rejects.toMatchObject({
      code: 'invoice_unknown',
    })
  })
})

describe('a subscription', () => {
  test('keeps its id on another plan, and the plan is on record', async () => {
    const subscription = await aSubscription()
    const change = {
      subscription,
      from: { kind: 'trial' as const, licenses: 5 },
      to: { kind: 'purchased' as const, licenses: 20 },
    }
    expect(await adapter.changePlan(aCall(), change)).toEqual({ externalId: subscription.externalId })
    const { plan } = await db
      .selectFrom('ledger_records')
      .select('plan')
      .where('id', '=', subscription.externalId)
      .executeTakeFirstOrThrow()
    expect(plan).toEqual(change.to)
  })

  test('that has ended, or ends again, takes no other plan', async () => {
    const subscription = await aSubscription()
    await adapter.cancel(aCall(), subscription)
    await adapter.cancel(aCall(), subscription)
    const change = { subscription, from: { kind: 'trial' as const }, to: { kind: 'purchased' as const } }
    await expect(adapter.changePlan(aCall(), change)).rejects.toMatchObject({ code: 'subscription_ended' })
  })
})

describe('a key', () => {
  test('finds what the call under it did, whichever it was', async () => {
    const subscription = await aSubscription()
    const keys = ['plan', 'usage', 'credit', 'end'].map((name) => callWith(`${name}-${++calls}`))
    const [plan = aCall(), usage = aCall(), note = aCall(), end = aCall()] = keys
    expect(await adapter.find(plan)).toBeUndefined()
    await adapter.changePlan(plan, { subscription, from: { kind: 'trial' }, to: { kind: 'purchased' } })
    const billed = await bill(subscription, { trial: 0, purchased: 1 }, usage)
    if (billed.invoice === undefined) throw new Error('Nothing was invoiced')
    const credited = await credit(subscription, billed.invoice, 1, note)
    await adapter.cancel(end, subscription)
    const found = await Promise.all(keys.map((call) => adapter.find(call)))
    expect(found.map((answer) => answer?.externalId)).toEqual([
      subscription.externalId,
      billed.externalId,
      credited.externalId,
      subscription.externalId,
    ])
  })

  test('answers the first customer again, and refuses another body or another call', async () => {
    const call = aCall()
    const customer = { organizationId: 'org-1', name: 'Northwind' }
    const first = await adapter.ensureCustomer(call, customer)
    expect(await adapter.ensureCustomer(call, customer)).toEqual(first)
    const reused = { class: 'terminal', code: 'idempotency_key_reused' }
    await expect(adapter.ensureCustomer(call, { ...customer, name: 'Contoso' })).rejects.toMatchObject(reused)
    await expect(adapter.cancel(call, await aSubscription())).rejects.toMatchObject(reused)
  })
})

test('what was issued can not be changed, not even by hand', async () => {
  const { externalId } = await anInvoice(await aSubscription())
  const record = db.updateTable('ledger_records').set({ month: '2026-01' }).where('id', '=', externalId)
  await expect(record.execute()).rejects.toThrow('An issued invoice never changes.')
  await expect(db.deleteFrom('ledger_records').where('id', '=', externalId).execute()).rejects.toThrow(
    'An issued invoice never changes.',
  )
})

test('the review names the price, and a catalogue that makes no sense stops the start', () => {
  expect(adapter.preview({ kind: 'purchased', licenses: 10 })).toMatchObject({
    summary: 'Subscribe to monthly billing for licenses used, up to 10, $5.00 each.',
  })
  expect(() => adapterWith({ ...prices, purchased: 4.99 })).toThrow('"purchased"')
  expect(() => adapterWith({ ...prices, currency: 'dollars' })).toThrow('ISO 4217')
})
