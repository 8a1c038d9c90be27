import { afterAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { BillingSubscription } from '../../../plugins/plugin-contract.ts'
import { aCall, aSubscription, purchased, stripeAt, trial } from '../../builders/stripe-account.ts'
import { startLocalstripe } from '../../stack/stripe/localstripe.ts'

const server = await startLocalstripe()
const adapter = stripeAt(server.url)
afterAll(() => server.stop())
beforeEach(() => server.blindSearch(false))

async function atStripe(path: string): Promise<unknown> {
  const response = await fetch(new URL(path, server.url), {
    headers: { authorization: 'Bearer sk_test_12345' },
  })
  return response.json()
}

async function subscriptionAtStripe({ externalId }: BillingSubscription) {
  return (await atStripe(`/v1/subscriptions/${externalId}`)) as { trial_end: number | null }
}

function days(until: number | null): number {
  return ((until ?? 0) - Date.now() / 1_000) / (24 * 60 * 60)
}

describe('a new account', () => {
  test('has a customer at Stripe with the id of its organization', async () => {
    const { organizationId, customerExternalId } = await aSubscription(adapter)
    expect(await atStripe(`/v1/customers/${customerExternalId}`)).toMatchObject({
      name: 'Contoso',
      metadata: { tenantry_organization: organizationId },
    })
  })

  test('keeps its customer when it is renamed, and Stripe has the new name', async () => {
    const { externalId: _, ...customer } = await aSubscription(adapter)
    await adapter.updateCustomer(aCall(), { ...customer, name: 'Contoso Limited' })
    expect(await atStripe(`/v1/customers/${customer.customerExternalId}`)).toMatchObject({
      name: 'Contoso Limited',
      metadata: { tenantry_organization: customer.organizationId },
    })
  })

  test('is charged nothing for its subscription', async () => {
    await aSubscription(adapter)
    const call = server
      .calls()
      .findLast(({ method, path }) => method === 'POST' && path === '/v1/subscriptions')
    const sent = Object.fromEntries(call?.params ?? [])
    expect(sent).toMatchObject({ 'items[0][price_data][unit_amount]': '0' })
    expect(Object.keys(sent).join()).not.toContain('items[1]')
  })

  test('has a trial at Stripe of as many days as its plan', async () => {
    const subscription = await subscriptionAtStripe(await aSubscription(adapter, trial))
    expect(subscription).toMatchObject({
      status: 'trialing',
      metadata: { tenantry_plan: 'trial', tenantry_licenses: '5' },
    })
    expect(days(subscription.trial_end)).toBeCloseTo(30, 1)
  })

  test('has a trial at Stripe also when the licenses of its trial are not free', async () => {
    const paid = stripeAt(server.url, { prices: { currency: 'USD', purchased: 500, trial: 100 } })
    expect(await subscriptionAtStripe(await aSubscription(paid, trial))).toMatchObject({ status: 'trialing' })
  })
})

async function bothSentTheCall(): Promise<boolean> {
  const empty = await startLocalstripe()
  onTestFinished(() => empty.stop())
  await Promise.all([0, 1].map(() => aSubscription(stripeAt(empty.url))))
  const made = empty.effects().filter((effect) => !/customers|subscriptions/.test(effect))
  expect(made).toEqual(['POST /v1/products'])
  const sent = empty.calls().filter(({ method, path }) => method === 'POST' && path === '/v1/products')
  return sent.length === 2
}

test('two workers that start at once with an empty Stripe make one product', async () => {
  // Which worker is faster is chance.
  await expect.poll(bothSentTheCall, { timeout: 20_000 }).toBe(true)
})

describe('a call with the same key again', () => {
  test('makes nothing twice, also when the search does not show the first call yet', async () => {
    const organizationId = 'org_1'
    const [customerCall, subscriptionCall] = [aCall(), aCall()]
    const start = async () => {
      const customer = await adapter.ensureCustomer(customerCall, { organizationId, name: 'Contoso' })
      const customerExternalId = customer.externalId
      return adapter.ensureSubscription(subscriptionCall, { organizationId, customerExternalId, plan: trial })
    }
    server.blindSearch(true)
    const first = await start()
    const before = server.effects().length
    expect(await start()).toEqual(first)
    expect(server.effects().length).toBe(before)
  })

  test('changes a plan once, and does not extend the trial', async () => {
    const subscription = await aSubscription(adapter)
    const call = aCall()
    const change = { subscription, from: purchased, to: trial }
    await adapter.changePlan(call, change)
    const { trial_end } = await subscriptionAtStripe(subscription)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 24 * 60 * 60 * 1_000 })
    await adapter.changePlan(call, change).finally(() => vi.useRealTimers())
    expect((await subscriptionAtStripe(subscription)).trial_end).toBe(trial_end)
  })

  test('does not bring a plan back that was changed since, after Stripe has forgotten the key', async () => {
    const subscription = await aSubscription(adapter)
    const calls = [aCall(), aCall()] as const
    const changes = [
      { subscription, from: purchased, to: trial },
      { subscription, from: trial, to: purchased },
    ] as const
    await adapter.changePlan(calls[0], changes[0])
    await adapter.changePlan(calls[1], changes[1])
    const now = await subscriptionAtStripe(subscription)
    server.forgetKeys()
    await adapter.changePlan(calls[0], changes[0])
    expect(await subscriptionAtStripe(subscription)).toEqual(now)
  })

  test('is found by its key, for every kind of call', async () => {
    const [customerCall, subscriptionCall, changeCall, usageCall] = [aCall(), aCall(), aCall(), aCall()]
    const organizationId = 'org_1'
    const customer = await adapter.ensureCustomer(customerCall, { organizationId, name: 'Contoso' })
    const customerExternalId = customer.externalId
    const wanted = { organizationId, customerExternalId, plan: trial }
    const { externalId } = await adapter.ensureSubscription(subscriptionCall, wanted)
    const subscription = { organizationId, customerExternalId, externalId }
    await adapter.changePlan(changeCall, { subscription, from: trial, to: purchased })
    const report = { subscription, month: '2026-10', usage: { trial: 1, purchased: 3 }, converted: 0 }
    const reported = await adapter.reportUsage(usageCall, report)
    expect(await adapter.find(customerCall)).toEqual(customer)
    expect(await adapter.find(subscriptionCall)).toEqual({ externalId })
    expect(await adapter.find(changeCall)).toEqual({ externalId })
    expect(await adapter.find(usageCall)).toEqual(reported)
    expect(await adapter.find(aCall())).toBeUndefined()
  })
})

describe('a conversion', () => {
  test('ends the trial now and keeps the subscription, and a change back starts a new trial', async () => {
    const subscription = await aSubscription(adapter, trial)
    const converted = await adapter.changePlan(aCall(), { subscription, from: trial, to: purchased })
    expect(converted).toEqual({ externalId: subscription.externalId })
    expect(await subscriptionAtStripe(subscription)).toMatchObject({
      status: 'active',
      metadata: { tenantry_plan: 'purchased', tenantry_licenses: '20' },
    })
    await adapter.changePlan(aCall(), { subscription, from: purchased, to: { ...trial, trialDays: 7 } })
    const back = await subscriptionAtStripe(subscription)
    expect(back).toMatchObject({ status: 'trialing', metadata: { tenantry_plan: 'trial' } })
    expect(days(back.trial_end)).toBeGreaterThanOrEqual(7)
    expect(days(back.trial_end)).toBeLessThanOrEqual(8)
  })

  test('of the limit alone does not change the billing', async () => {
    const subscription = await aSubscription(adapter)
    const { trial_end } = await subscriptionAtStripe(subscription)
    const to = { kind: 'purchased' as const, licenses: 50 }
    await adapter.changePlan(aCall(), { subscription, from: purchased, to })
    expect(await subscriptionAtStripe(subscription)).toMatchObject({
      trial_end,
      metadata: { tenantry_licenses: '50' },
    })
  })
})

describe('ending a subscription', () => {
  test('has no effect the second time', async () => {
    const subscription = await aSubscription(adapter)
    await adapter.cancel(aCall(), subscription)
    expect(await subscriptionAtStripe(subscription)).toMatchObject({ status: 'canceled' })
    const before = server.effects().length
    await adapter.cancel(aCall(), subscription)
    expect(server.effects().length).toBe(before)
  })

  test('that Stripe does not know is a terminal error', async () => {
    const unknown = { organizationId: 'org_1', customerExternalId: 'cus_1', externalId: 'sub_1' }
    await expect(adapter.cancel(aCall(), unknown)).rejects.toMatchObject({ class: 'terminal' })
  })
})

test('the check names the setting of a wrong key', async () => {
  const check = stripeAt(server.url, { secretKey: 'wrong' }).check(new AbortController().signal)
  await expect(check).rejects.toMatchObject({
    class: 'retryable',
    code: 'stripe_login_refused',
    nextAction: expect.stringContaining('STRIPE_SECRET_KEY'),
  })
})
