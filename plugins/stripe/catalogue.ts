import type { Stripe } from 'stripe'
import type { BillingPlan } from '../plugin-contract.ts'
import { existsAlready } from './stripe-errors.ts'

/** The price of one license used in one month, in integer minor units. */
export interface Prices {
  /** ISO 4217, such as `USD`. */
  currency: string
  purchased: number
  trial: number
}

/** The kinds of plan under which a license can be used. One month can have usage of both. */
export const kinds = ['trial', 'purchased'] as const
export type Kind = BillingPlan['kind']
export type EachKind<Value> = Record<Kind, Value>

export const productId = 'tenantry_licenses'

export function eventName(kind: Kind): string {
  return `tenantry_${kind}_licenses`
}

/**
 * Returns the ids of the prices of a subscription, and creates the product, the meters and the prices that Stripe does not have
 * yet. The lookup key of a price contains its amount, so prices that change in the configuration apply to new subscriptions only.
 * Two workers can do this at the same time: Stripe refuses a second object with the same name, and the second worker finds the
 * first.
 */
export async function ensurePrices(stripe: Stripe, prices: Prices): Promise<EachKind<string>> {
  const found = await findPrices(stripe, prices)
  if (found.trial === undefined || found.purchased === undefined) await ensureProduct(stripe)
  return {
    trial: found.trial ?? (await ensurePrice(stripe, prices, 'trial')),
    purchased: found.purchased ?? (await ensurePrice(stripe, prices, 'purchased')),
  }
}

export async function findMeters(stripe: Stripe): Promise<Partial<EachKind<string>>> {
  const found: Partial<EachKind<string>> = {}
  for await (const { id, event_name } of stripe.billing.meters.list({ status: 'active', limit: 100 })) {
    if (event_name === eventName('trial')) found.trial = id
    if (event_name === eventName('purchased')) found.purchased = id
  }
  return found
}

async function findPrices(stripe: Stripe, prices: Prices): Promise<Partial<EachKind<string>>> {
  const keys = { trial: lookupKey(prices, 'trial'), purchased: lookupKey(prices, 'purchased') }
  const { data } = await stripe.prices.list({ lookup_keys: Object.values(keys), active: true })
  const found: Partial<EachKind<string>> = {}
  for (const { id, lookup_key } of data) {
    if (lookup_key === keys.trial) found.trial = id
    if (lookup_key === keys.purchased) found.purchased = id
  }
  return found
}

async function ensureProduct(stripe: Stripe): Promise<void> {
  const product = { id: productId, name: 'Licenses', unit_label: 'license' }
  await stripe.products.create(product).catch((error: unknown) => {
    if (!existsAlready(error)) throw error
  })
}

async function ensurePrice(stripe: Stripe, prices: Prices, kind: Kind): Promise<string> {
  const meter = await ensureMeter(stripe, kind)
  try {
    const price = await stripe.prices.create({
      product: productId,
      nickname: `One ${kind} license used in a month`,
      currency: prices.currency.toLowerCase(),
      unit_amount: prices[kind],
      recurring: { interval: 'month', usage_type: 'metered', meter },
      lookup_key: lookupKey(prices, kind),
    })
    return price.id
  } catch (error) {
    const first = existsAlready(error) ? (await findPrices(stripe, prices))[kind] : undefined
    if (first === undefined) throw error
    return first
  }
}

async function ensureMeter(stripe: Stripe, kind: Kind): Promise<string> {
  const found = (await findMeters(stripe))[kind]
  if (found !== undefined) return found
  try {
    const meter = await stripe.billing.meters.create({
      display_name: `Licenses used in a month (${kind})`,
      event_name: eventName(kind),
      // Each event reports a whole month. A repeated event then does not change the value, even after Stripe has forgotten its
      // identifier. A sum would double it.
      default_aggregation: { formula: 'last' },
    })
    return meter.id
  } catch (error) {
    const first = existsAlready(error) ? (await findMeters(stripe))[kind] : undefined
    if (first === undefined) throw error
    return first
  }
}

function lookupKey(prices: Prices, kind: Kind): string {
  return `tenantry_${kind}_${prices.currency.toLowerCase()}_${prices[kind]}`
}
