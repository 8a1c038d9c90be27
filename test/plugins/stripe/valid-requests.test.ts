import { Stripe } from 'stripe'
import { afterAll, describe, expect, test } from 'vitest'
import { throughHttpProxy } from '../../../plugins/conformance/faults/http-proxy.ts'
import type { IssuedInvoice } from '../../../plugins/plugin-contract.ts'
import { aCall, aSubscription, purchased, stripeAt, trial } from '../../builders/stripe-account.ts'
import { startStripeMock } from '../../stack/stripe/stripe-mock.ts'

// Stripe's own mock refuses every request that does not fit the published description of the API.
const mock = await startStripeMock()
const adapter = stripeAt(mock.url)
const { port } = new URL(mock.url)
const client = new Stripe('sk_test_12345', { host: '127.0.0.1', port, protocol: 'http' })
afterAll(() => mock.stop())

const id = expect.objectContaining({ externalId: expect.any(String) })

describe('Stripe understands', () => {
  test('a request that it should not', async () => {
    const wrong = client.invoices.create({ customer: 'cus_1', auto_advance: 'perhaps' as unknown as boolean })
    await expect(wrong).rejects.toMatchObject({ statusCode: 400 })
  })

  test('the check', () => adapter.check(new AbortController().signal))

  test.each([
    ['trial', trial],
    ['purchased', purchased],
    ['purchased without a limit', { kind: 'purchased' as const }],
  ])('a new account with its first plan: %s', async (_, plan) => {
    expect(await aSubscription(stripeAt(mock.url), plan)).toEqual(id)
  })

  test('a new name of a customer', async () => {
    const customer = { organizationId: 'org_1', customerExternalId: 'cus_1', name: 'Contoso Limited' }
    await adapter.updateCustomer(aCall(), customer)
  })

  test('a conversion, and back', async () => {
    const subscription = await aSubscription(adapter)
    expect(await adapter.changePlan(aCall(), { subscription, from: trial, to: purchased })).toEqual(id)
    expect(await adapter.changePlan(aCall(), { subscription, from: purchased, to: trial })).toEqual(id)
  })

  test('a report of usage with every kind of line, and the question for it', async () => {
    const prices = { currency: 'USD', purchased: 500, trial: 100 }
    await throughHttpProxy(mock.url, async (proxy) => {
      const paidTrials = stripeAt(proxy.url, { prices })
      const subscription = await aSubscription(paidTrials)
      proxy.meet(undefined)
      const report = { subscription, month: '2026-10', usage: { trial: 2, purchased: 3 }, converted: 1 }
      expect(await paidTrials.reportUsage(aCall(), report)).toEqual(id)
      // The list, the subscription, the draft, three lines, the end of the draft.
      expect(proxy.requests()).toBe(7)
      // The mock has no invoice of ours.
      expect(await paidTrials.readUsage(aCall(), report)).toBeUndefined()
    })
  })

  test('a credit note', async () => {
    const subscription = await aSubscription(adapter)
    const invoice: IssuedInvoice = {
      externalId: 'in_1',
      kind: 'invoice',
      number: '1',
      currency: 'USD',
      lines: [],
      total: 500,
      issuedAt: new Date(),
    }
    const credit = { subscription, invoice, amount: 500, reason: 'Billed by mistake' }
    expect(await adapter.creditInvoice?.(aCall(), credit)).toEqual(id)
  })

  test('the end of a subscription', async () => {
    await adapter.cancel(aCall(), await aSubscription(adapter))
  })

  test('a list of subscriptions, and one of them', async () => {
    // The mock's subscriptions have no mark of ours.
    const none = { subscriptions: [] }
    expect(await adapter.listSubscriptions?.(aCall(), { limit: 2, after: 'sub_1' })).toEqual(none)
    expect(await adapter.listSubscriptions?.(aCall(), { externalId: 'sub_1' })).toEqual(none)
  })

  test('the question what a key did, also with quotes in it', async () => {
    expect(await adapter.find(aCall('never used'))).toBeUndefined()
    expect(await adapter.find(aCall(`it's a "quoted" key`))).toBeUndefined()
  })
})
