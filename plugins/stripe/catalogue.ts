import type { Stripe } from 'stripe'
import type { BillingPlan } from '../plugin-contract.ts'
import { existsAlready } from './stripe-errors.ts'

/** What a license costs in a month, in integer minor units. */
export interface Prices {
  /** ISO 4217. */
  currency: string
  purchased: number
  trial: number
}

type Kind = BillingPlan['kind']
/** One for each kind of license: a month may have used both. */
export type EachKind<Value> = Record<Kind, Value>

export const productId = 'tenantry_licenses'

/** The name of the meter's events. */
export function eventName(kind: Kind): string {
  return `tenantry_${kind}_licenses`
}

/**
 * The ids of the prices that a subscription is made of. What is missing at Stripe is made: the product, the meters and the
 * prices. The amount is part of how a price is found again, so other prices in the configuration count for new
 * subscriptions, and those that run keep theirs. Two workers may do this at once: Stripe lets none of these names exist
 * twice, and the second worker finds what the first one made.
 */
export async function ensurePrices(stripe: Stripe, prices: Prices): Promise<EachKind<string>> {
  const found = await findPrices(stripe, prices)
  if (found.trial === undefined || found.purchased === undefined) await ensureProduct(stripe)
  return {
    trial: found.trial ?? (await ensurePrice(stripe, prices, 'trial')),
    purchased: found.purchased ?? (await ensurePrice(stripe, prices, 'purchased')),
  }
}

/** The ids of the meters that are there. */
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
      // We report a month as a whole. The same number said twice is then still that number, also after Stripe has
      // forgotten the event's identifier; a sum would have doubled it.
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
