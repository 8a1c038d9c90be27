import { afterAll, describe, expect, test } from 'vitest'
import { aCall, aSubscription, purchased, stripeAt, trial } from '../../builders/stripe-account.ts'
import { startLocalstripe } from '../../stack/stripe/localstripe.ts'

const server = await startLocalstripe()
const adapter = stripeAt(server.url)
afterAll(() => server.stop())

const now = new Date()
const thisMonth = now.toISOString().slice(0, 7)
/** The subscriptions of these tests began after this month, so Stripe has no usage of it on their meters. */
const lastMonth = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1)).toISOString().slice(0, 7)
const usage = { trial: 1, purchased: 3 }

/** Issues an invoice for a month that Stripe has closed. */
async function anInvoice() {
  const subscription = await aSubscription(adapter)
  const { invoice } = await adapter.reportUsage(aCall(), { subscription, month: lastMonth, usage })
  if (invoice === undefined) throw new Error('It was not issued')
  return { subscription, invoice }
}

describe('the usage of a month', () => {
  test('is added to the meters once, and can be read', async () => {
    const subscription = await aSubscription(adapter)
    const call = aCall()
    const report = { subscription, month: thisMonth, usage }
    expect(await adapter.readUsage(aCall(), report)).toBeUndefined()
    const first = await adapter.reportUsage(call, report)
    expect(first).toEqual({ externalId: `${subscription.externalId}:${thisMonth}` })
    expect(await adapter.reportUsage(call, report)).toEqual(first)
    // Another key stands for a key that Stripe no longer has.
    await adapter.reportUsage(aCall(), report)
    expect(await adapter.readUsage(aCall(), report)).toEqual(usage)
  })

  test('can be reported under a key of any length', async () => {
    const subscription = await aSubscription(adapter)
    const report = { subscription, month: thisMonth, usage }
    await adapter.reportUsage(aCall(`opr_1:${'long-'.repeat(40)}:1`), report)
    expect(await adapter.readUsage(aCall(), report)).toEqual(usage)
    const events = server.calls().filter(({ path }) => path === '/v1/billing/meter_events')
    const identifiers = events.map(({ params }) => params.get('identifier') ?? '')
    expect(Math.max(...identifiers.map(({ length }) => length))).toBeLessThanOrEqual(100)
    expect(new Set(identifiers).size).toBe(identifiers.length)
  })

  test('is read only for its month and its customer', async () => {
    const subscription = await aSubscription(adapter)
    await adapter.reportUsage(aCall(), { subscription, month: thisMonth, usage })
    expect(await adapter.readUsage(aCall(), { subscription, month: lastMonth })).toBeUndefined()
    const other = await aSubscription(adapter)
    expect(await adapter.readUsage(aCall(), { subscription: other, month: thisMonth })).toBeUndefined()
  })

  test('is billed once, by a separate invoice, when Stripe has closed the month', async () => {
    const subscription = await aSubscription(adapter)
    const call = aCall()
    const report = { subscription, month: lastMonth, usage }
    const first = await adapter.reportUsage(call, report)
    expect(first.invoice).toMatchObject({
      externalId: first.externalId,
      month: lastMonth,
      currency: 'USD',
      total: 1_500,
      lines: [
        { quantity: 1, unitAmount: 0, amount: 0 },
        { quantity: 3, unitAmount: 500, amount: 1_500 },
      ],
    })
    expect(await adapter.reportUsage(call, report)).toEqual(first)
    expect(await adapter.reportUsage(aCall(), report)).toEqual(first)
    expect(await adapter.find(call)).toEqual({ externalId: first.externalId })
    expect(await adapter.readUsage(aCall(), report)).toEqual(usage)
    const response = await fetch(`${server.url}/v1/invoices?customer=${subscription.customerExternalId}`, {
      headers: { authorization: 'Bearer sk_test_12345' },
    })
    expect(await response.json()).toMatchObject({ data: [{ id: first.externalId }] })
  })

  test('is billed by a separate invoice when the subscription has ended', async () => {
    const subscription = await aSubscription(adapter)
    await adapter.cancel(aCall(), subscription)
    const { invoice } = await adapter.reportUsage(aCall(), { subscription, month: thisMonth, usage })
    expect(invoice?.total).toBe(1_500)
  })

  test('is not billed again when it was on the meters before the subscription ended', async () => {
    const subscription = await aSubscription(adapter)
    const report = { subscription, month: thisMonth, usage }
    await adapter.reportUsage(aCall(), report)
    await adapter.cancel(aCall(), subscription)
    expect((await adapter.reportUsage(aCall(), report)).invoice).toBeUndefined()
  })

  test('is billed by a separate invoice after a change back to a trial, because Stripe bills nothing in a trial', async () => {
    const subscription = await aSubscription(adapter)
    await adapter.changePlan(aCall(), { subscription, from: purchased, to: { ...trial, trialDays: 60 } })
    const { invoice } = await adapter.reportUsage(aCall(), { subscription, month: thisMonth, usage })
    expect(invoice?.total).toBe(1_500)
  })

  test('of a free trial has no invoice', async () => {
    const subscription = await aSubscription(adapter, trial)
    const report = { subscription, month: thisMonth, usage: { trial: 4, purchased: 0 } }
    expect((await adapter.reportUsage(aCall(), report)).invoice).toBeUndefined()
    expect(await adapter.readUsage(aCall(), report)).toEqual({ trial: 4, purchased: 0 })
  })
})

describe('an invoice', () => {
  const reason = 'Billed by mistake'

  test('is corrected by one credit note for each key', async () => {
    const { subscription, invoice } = await anInvoice()
    const call = aCall()
    const credit = { subscription, invoice, amount: 500, reason }
    const first = await adapter.creditInvoice?.(call, credit)
    expect(first?.creditNote).toMatchObject({
      kind: 'credit_note',
      corrects: invoice.externalId,
      month: lastMonth,
      currency: 'USD',
      lines: [{ description: reason, quantity: 1, unitAmount: -500, amount: -500 }],
      total: -500,
    })
    const before = server.effects().length
    expect(await adapter.creditInvoice?.(call, credit)).toEqual(first)
    expect(server.effects().length).toBe(before)
    expect(await adapter.find(call)).toEqual({ externalId: first?.externalId })
  })

  test('can not be credited by more than its rest', async () => {
    const { subscription, invoice } = await anInvoice()
    await adapter.creditInvoice?.(aCall(), { subscription, invoice, amount: 1_000, reason })
    const beyond = adapter.creditInvoice?.(aCall(), { subscription, invoice, amount: 501, reason })
    await expect(beyond).rejects.toMatchObject({ class: 'needs_input', code: 'stripe_refused' })
  })
})
