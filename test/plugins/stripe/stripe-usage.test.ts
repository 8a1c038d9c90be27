import { afterAll, describe, expect, test } from 'vitest'
import { throughHttpProxy } from '../../../plugins/conformance/faults/http-proxy.ts'
import type { BillingSubscription, UsageReport } from '../../../plugins/plugin-contract.ts'
import { aCall, aSubscription, stripeAt, trial } from '../../builders/stripe-account.ts'
import { aStripeEvent, signedHeaders, webhookSecret } from '../../builders/stripe-event.ts'
import { startLocalstripe } from '../../stack/stripe/localstripe.ts'
import { postTo, usageInvoicesAt } from './usage-invoices.ts'

const server = await startLocalstripe()
const paidTrials = { prices: { currency: 'USD', purchased: 500, trial: 100 } }
const adapter = stripeAt(server.url, { ...paidTrials, webhookSecret })
afterAll(() => server.stop())

const month = '2026-10'
const usage = { trial: 1, purchased: 3 }

function aReport(subscription: BillingSubscription, changes: Partial<UsageReport> = {}): UsageReport {
  return { subscription, month, usage, converted: 0, ...changes }
}

async function aReported(changes: Partial<UsageReport> = {}) {
  const subscription = await aSubscription(adapter)
  const { invoice } = await adapter.reportUsage(aCall(), aReport(subscription, changes))
  if (invoice === undefined) throw new Error('It was not issued')
  return { subscription, invoice }
}

describe('a report of usage', () => {
  test('is one invoice, with a line for each kind of license', async () => {
    const subscription = await aSubscription(adapter)
    const call = aCall()
    const reported = await adapter.reportUsage(call, aReport(subscription))
    expect(reported.invoice).toMatchObject({
      externalId: reported.externalId,
      month,
      currency: 'USD',
      total: 1_600,
      lines: [
        { description: 'Licenses used in 2026-10', quantity: 3, unitAmount: 500, amount: 1_500 },
        { description: 'Trial licenses used in 2026-10', quantity: 1, unitAmount: 100, amount: 100 },
      ],
    })
    expect(await usageInvoicesAt(server, subscription)).toMatchObject([
      { id: reported.externalId, status: 'open', auto_advance: true },
    ])
    expect(await adapter.find(call)).toEqual(reported)
  })

  test('is added to earlier reports of the month, each with an invoice of its own', async () => {
    const subscription = await aSubscription(adapter)
    expect(await adapter.readUsage(aCall(), { subscription, month })).toBeUndefined()
    await adapter.reportUsage(aCall(), aReport(subscription))
    await adapter.reportUsage(aCall(), aReport(subscription, { usage: { trial: 0, purchased: 2 } }))
    await adapter.reportUsage(aCall(), aReport(subscription, { month: '2026-11' }))
    expect(await adapter.readUsage(aCall(), { subscription, month })).toEqual({ trial: 1, purchased: 5 })
    const totals = (await usageInvoicesAt(server, subscription)).map(({ total }) => total)
    expect(totals).toEqual([1_600, 1_000, 1_600])
  })

  test('under the same key has one invoice, whichever answer was lost, after Stripe forgot the key', async () => {
    await throughHttpProxy(server.url, async (proxy) => {
      const remote = stripeAt(proxy.url, paidTrials)
      let lost = 0
      for (; lost < 20; lost += 1) {
        const subscription = await aSubscription(adapter)
        const report = aReport(subscription, { converted: 2 })
        const call = aCall()
        proxy.meet({ kind: 'answer lost', after: lost })
        const first = await remote.reportUsage(call, report).catch(() => undefined)
        if (first !== undefined) break
        proxy.meet(undefined)
        server.forgetKeys()
        server.blindSearch(true)
        const repeated = await remote.reportUsage(call, report)
        server.blindSearch(false)
        expect(repeated.invoice).toMatchObject({ total: 1_400, lines: [{}, {}, { amount: -200 }] })
        expect(await remote.reportUsage(call, report)).toEqual(repeated)
        expect(await usageInvoicesAt(server, subscription)).toMatchObject([
          { id: repeated.externalId, total: 1_400, status: 'open', auto_advance: true },
        ])
      }
      // The list, the subscription, the draft, three lines, the end of the draft.
      expect(lost).toBe(7)
    })
  })

  test('at the same time under the same key has one invoice', async () => {
    const subscription = await aSubscription(adapter)
    const call = aCall()
    const report = aReport(subscription)
    const [first, second] = await Promise.all([
      adapter.reportUsage(call, report),
      adapter.reportUsage(call, report),
    ])
    expect(second).toEqual(first)
    expect(await usageInvoicesAt(server, subscription)).toMatchObject([{ total: 1_600 }])
  })

  test('of licenses that were billed as trial charges the trial price less', async () => {
    const { subscription, invoice } = await aReported({ usage: { trial: 2, purchased: 0 } })
    expect(invoice.total).toBe(200)
    const converted = aReport(subscription, { usage: { trial: 0, purchased: 3 }, converted: 2 })
    const { invoice: second } = await adapter.reportUsage(aCall(), converted)
    expect(second).toMatchObject({
      total: 1_300,
      lines: [
        { quantity: 3, unitAmount: 500 },
        { quantity: 2, unitAmount: -100, amount: -200 },
      ],
    })
    expect(await adapter.readUsage(aCall(), { subscription, month })).toEqual({ trial: 2, purchased: 3 })
  })

  test('of a free trial is an invoice with the total 0', async () => {
    const free = stripeAt(server.url)
    const subscription = await aSubscription(free, trial)
    const inTrial = { usage: { trial: 4, purchased: 0 } }
    const { invoice } = await free.reportUsage(aCall(), aReport(subscription, inTrial))
    expect(invoice).toMatchObject({ total: 0, lines: [{ quantity: 4, amount: 0 }] })
    const converted = { usage: { trial: 0, purchased: 4 }, converted: 4 }
    const { invoice: second } = await free.reportUsage(aCall(), aReport(subscription, converted))
    expect(second).toMatchObject({ total: 2_000, lines: [{ quantity: 4, amount: 2_000 }] })
  })

  test('is collected after the subscription ended, whether it came before or after the end', async () => {
    const { subscription } = await aReported()
    await adapter.cancel(aCall(), subscription)
    await adapter.reportUsage(aCall(), aReport(subscription, { usage: { trial: 0, purchased: 1 } }))
    expect(await usageInvoicesAt(server, subscription)).toMatchObject([
      { total: 1_600, status: 'open', auto_advance: true },
      { total: 500, status: 'open', auto_advance: true },
    ])
    expect(await adapter.readUsage(aCall(), { subscription, month })).toEqual({ trial: 1, purchased: 4 })
  })

  test('is collected after the subscription ended and the answer to its end was lost', async () => {
    const { subscription } = await aReported()
    await throughHttpProxy(server.url, async (proxy) => {
      proxy.meet({ kind: 'answer lost', after: 1 })
      await expect(stripeAt(proxy.url).cancel(aCall(), subscription)).rejects.toMatchObject({
        class: 'retryable',
      })
    })
    expect(await usageInvoicesAt(server, subscription)).toMatchObject([{ auto_advance: false }])
    await adapter.cancel(aCall(), subscription)
    expect(await usageInvoicesAt(server, subscription)).toMatchObject([{ auto_advance: true }])
  })

  test('is read without the invoices that a person voided at Stripe, and those of other subscriptions', async () => {
    const { subscription, invoice } = await aReported()
    await adapter.reportUsage(aCall(), aReport(subscription, { usage: { trial: 0, purchased: 1 } }))
    await postTo(server, `/v1/invoices/${invoice.externalId}/void`)
    expect(await adapter.readUsage(aCall(), { subscription, month })).toEqual({ trial: 0, purchased: 1 })
    const other = { ...subscription, externalId: 'sub_other' }
    expect(await adapter.readUsage(aCall(), { subscription: other, month })).toBeUndefined()
  })

  test('is sent instead of charged if the subscription is set so at Stripe', async () => {
    const subscription = await aSubscription(adapter)
    const sent = { collection_method: 'send_invoice', days_until_due: '14' }
    await postTo(server, `/v1/subscriptions/${subscription.externalId}`, sent)
    await adapter.reportUsage(aCall(), aReport(subscription))
    expect(await usageInvoicesAt(server, subscription)).toMatchObject([{ ...sent, auto_advance: true }])
  })

  test('comes as a webhook with the same invoice', async () => {
    const { subscription, invoice } = await aReported({ converted: 1 })
    const [atStripe] = await usageInvoicesAt(server, subscription)
    const { id, body } = aStripeEvent('invoice.finalized', { ...atStripe })
    expect(adapter.parseWebhook?.({ headers: signedHeaders(body), body })).toEqual({
      id,
      type: 'invoice_issued',
      customerExternalId: subscription.customerExternalId,
      invoice,
    })
  })
})

describe('an invoice', () => {
  const reason = 'Billed by mistake'

  test('is corrected by one credit note for each key', async () => {
    const { subscription, invoice } = await aReported()
    const call = aCall()
    const credit = { subscription, invoice, amount: 500, reason }
    const first = await adapter.creditInvoice?.(call, credit)
    expect(first?.creditNote).toMatchObject({
      kind: 'credit_note',
      corrects: invoice.externalId,
      month,
      currency: 'USD',
      lines: [{ description: reason, quantity: 1, unitAmount: -500, amount: -500 }],
      total: -500,
    })
    const before = server.effects().length
    expect(await adapter.creditInvoice?.(call, credit)).toEqual(first)
    expect(server.effects().length).toBe(before)
    expect(await adapter.find(call)).toEqual(first)
  })

  test('can not be credited by more than its rest', async () => {
    const { subscription, invoice } = await aReported()
    await adapter.creditInvoice?.(aCall(), { subscription, invoice, amount: 1_600, reason })
    const beyond = adapter.creditInvoice?.(aCall(), { subscription, invoice, amount: 1, reason })
    await expect(beyond).rejects.toMatchObject({ class: 'needs_input', code: 'stripe_refused' })
  })
})
