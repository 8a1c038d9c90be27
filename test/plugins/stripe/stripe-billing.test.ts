import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { BillingAdapter, BillingSubscription } from '../../../plugins/plugin-contract.ts'
import { aCall, aSubscription, purchased, stripeAt, trial } from '../../builders/stripe-account.ts'
import type { StripeWithState } from '../../stack/stripe/gaps.ts'
import { startLocalstripe } from '../../stack/stripe/localstripe.ts'

let server: StripeWithState
let adapter: BillingAdapter
beforeAll(async () => {
  server = await startLocalstripe()
  adapter = stripeAt(server.url)
}, 400_000)
afterAll(() => server?.stop())
beforeEach(() => server.blindSearch(false))

const now = new Date()
const thisMonth = now.toISOString().slice(0, 7)
const usage = { trial: 1, purchased: 3 }

interface AtStripe {
  status: string
  metadata: Record<string, string>
  trial_end: number | null
}

async function atStripe(path: string): Promise<unknown> {
  const response = await fetch(new URL(path, server.url), {
    headers: { authorization: 'Bearer sk_test_12345' },
  })
  return response.json()
}

async function subscriptionAtStripe({ externalId }: BillingSubscription): Promise<AtStripe> {
  return (await atStripe(`/v1/subscriptions/${externalId}`)) as AtStripe
}

function days(until: number | null): number {
  return ((until ?? 0) - Date.now() / 1_000) / (24 * 60 * 60)
}

/** What was sent in the last call of this kind. */
function lastSent(method: string, path: string): Record<string, string> {
  const call = server.calls().findLast((made) => made.method === method && made.path === path)
  return Object.fromEntries(call?.params ?? [])
}

describe('a new account', () => {
  test('becomes a customer that names its organization', async () => {
    const { organizationId, customerExternalId } = await aSubscription(adapter)
    expect(await atStripe(`/v1/customers/${customerExternalId}`)).toMatchObject({
      name: 'Contoso',
      metadata: { tenantry_organization: organizationId },
    })
  })

  test('is invoiced some days after a month ends, so that its usage has arrived by then', async () => {
    await aSubscription(adapter)
    expect(lastSent('POST', '/v1/subscriptions')).toMatchObject({
      'billing_cycle_anchor_config[day_of_month]': '3',
    })
    await aSubscription(adapter, trial)
    // Where a trial ends, Stripe begins to count months anew.
    expect(Object.keys(lastSent('POST', '/v1/subscriptions')).join()).not.toContain('anchor')
  })

  test('is on trial at Stripe for as many days as its plan says', async () => {
    const subscription = await subscriptionAtStripe(await aSubscription(adapter, trial))
    expect(subscription).toMatchObject({
      status: 'trialing',
      metadata: { tenantry_plan: 'trial', tenantry_licenses: '5' },
    })
    expect(days(subscription.trial_end)).toBeCloseTo(30, 1)
  })

  test('is billed from the start for a trial whose licenses cost something', async () => {
    const paid = stripeAt(server.url, { prices: { currency: 'USD', purchased: 500, trial: 100 } })
    expect(await subscriptionAtStripe(await aSubscription(paid, trial))).toMatchObject({
      status: 'active',
      trial_end: null,
    })
  })
})

describe('two workers at once on an empty Stripe', () => {
  let empty: StripeWithState
  beforeAll(async () => {
    empty = await startLocalstripe()
  })
  afterAll(() => empty?.stop())

  test('make one product, two meters and two prices', async () => {
    await Promise.all([0, 1].map(() => aSubscription(stripeAt(empty.url))))
    const made = empty.effects().filter((effect) => !/customers|subscriptions/.test(effect))
    expect(made.sort()).toEqual([
      'POST /v1/billing/meters',
      'POST /v1/billing/meters',
      'POST /v1/prices',
      'POST /v1/prices',
      'POST /v1/products',
    ])
    // Both have tried.
    const tried = empty.calls().filter(({ method, path }) => method === 'POST' && path === '/v1/products')
    expect(tried).toHaveLength(2)
  })
})

describe('a call with the same key again', () => {
  test('makes nothing twice, even when search does not know the first yet', async () => {
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

  test('changes a plan once, so that a trial is not prolonged by it', async () => {
    const subscription = await aSubscription(adapter)
    const call = aCall()
    const change = { subscription, from: purchased, to: trial }
    await adapter.changePlan(call, change)
    const { trial_end } = await subscriptionAtStripe(subscription)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 24 * 60 * 60 * 1_000 })
    await adapter.changePlan(call, change).finally(() => vi.useRealTimers())
    expect((await subscriptionAtStripe(subscription)).trial_end).toBe(trial_end)
  })

  test('can be asked about, whatever it did', async () => {
    const [customerCall, subscriptionCall, changeCall, usageCall] = [aCall(), aCall(), aCall(), aCall()]
    const organizationId = 'org_1'
    const customer = await adapter.ensureCustomer(customerCall, { organizationId, name: 'Contoso' })
    const customerExternalId = customer.externalId
    const wanted = { organizationId, customerExternalId, plan: trial }
    const { externalId } = await adapter.ensureSubscription(subscriptionCall, wanted)
    const subscription = { organizationId, customerExternalId, externalId }
    await adapter.changePlan(changeCall, { subscription, from: trial, to: purchased })
    const reported = await adapter.reportUsage(usageCall, { subscription, month: thisMonth, usage })
    expect(await adapter.find(customerCall)).toEqual(customer)
    expect(await adapter.find(subscriptionCall)).toEqual({ externalId })
    expect(await adapter.find(changeCall)).toEqual({ externalId })
    expect(await adapter.find(usageCall)).toEqual(reported)
    expect(await adapter.find(aCall())).toBeUndefined()
  })
})

describe('a conversion', () => {
  test('ends the trial now and keeps the subscription; going back starts one anew', async () => {
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

  test('of the limit alone leaves the billing as it is', async () => {
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
  test('is done once, and harmless after that', async () => {
    const subscription = await aSubscription(adapter)
    await adapter.cancel(aCall(), subscription)
    expect(await subscriptionAtStripe(subscription)).toMatchObject({ status: 'canceled' })
    const before = server.effects().length
    await adapter.cancel(aCall(), subscription)
    expect(server.effects().length).toBe(before)
  })

  test('has what was reported and not yet invoiced invoiced now', async () => {
    const subscription = await aSubscription(adapter)
    await adapter.cancel(aCall(), subscription)
    expect(lastSent('DELETE', `/v1/subscriptions/${subscription.externalId}`)).toEqual({
      invoice_now: 'true',
      prorate: 'false',
    })
  })

  test('that Stripe does not know says so', async () => {
    const unknown = { organizationId: 'org_1', customerExternalId: 'cus_1', externalId: 'sub_1' }
    await expect(adapter.cancel(aCall(), unknown)).rejects.toMatchObject({ class: 'terminal' })
  })
})

test('a wrong key is named by the check', async () => {
  const check = stripeAt(server.url, { secretKey: 'wrong' }).check(new AbortController().signal)
  await expect(check).rejects.toMatchObject({
    class: 'retryable',
    code: 'stripe_login_refused',
    nextAction: expect.stringContaining('STRIPE_SECRET_KEY'),
  })
})
