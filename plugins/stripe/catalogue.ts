import type { Stripe } from 'stripe'
import type { BillingPlan } from '../contract.ts'
import { existsAlready } from './stripe-errors.ts'

/** What a license costs in a month, in integer minor units. */
export interface Prices {
  /** ISO 4217. */
  currency: string
  purchased: number
  trial: number
}

/** What subscriptions are made of. Both kinds of licenses have a meter of their own: a month may have used both. */
export type Catalogue = Record<BillingPlan['kind'], { priceId: string; meterId: string }>

export const productId = 'tenantry_licenses'
const kinds = ['trial', 'purchased'] as const

/** The name of the meter's events. */
export function eventName(kind: BillingPlan['kind']): string {
  return `tenantry_${kind}_licenses`
}

/**
 * Finds the product, the meters and the prices at Stripe, and makes what is missing. The amount is part of how a price is
 * found again, so other prices in the configuration count for new subscriptions, and those that run keep theirs. Two
 * workers may do this at once: Stripe itself lets none of these names exist twice, and the second finds the first one's.
 */
export function catalogueOf(prices: Prices): (stripe: Stripe) => Promise<Catalogue> {
  let known: Catalogue | undefined
  return async (stripe) => {
    known ??= await ensureCatalogue(stripe, prices)
    return known
  }
}

async function ensureCatalogue(stripe: Stripe, prices: Prices): Promise<Catalogue> {
  const found = await findPrices(stripe, prices)
  if (kinds.some((kind) => found[kind] === undefined)) await ensureProduct(stripe)
  const [trial, purchased] = await Promise.all(
    kinds.map(async (kind) => found[kind] ?? ensurePrice(stripe, prices, kind)),
  )
  if (trial === undefined || purchased === undefined) throw new Error('A kind of license has no price')
  return { trial, purchased }
}

async function findPrices(stripe: Stripe, prices: Prices): Promise<Partial<Catalogue>> {
  const keys = kinds.map((kind) => lookupKey(prices, kind))
  const { data } = await stripe.prices.list({ lookup_keys: keys, active: true })
  const found: Partial<Catalogue> = {}
  for (const kind of kinds) {
    const price = data.find(({ lookup_key }) => lookup_key === lookupKey(prices, kind))
    if (price?.recurring?.meter) found[kind] = { priceId: price.id, meterId: price.recurring.meter }
  }
  return found
}

async function ensureProduct(stripe: Stripe): Promise<void> {
  const product = { id: productId, name: 'Licenses', unit_label: 'license' }
  await stripe.products.create(product).catch((error: unknown) => {
    if (!existsAlready(error)) throw error
  })
}

async function ensurePrice(stripe: Stripe, prices: Prices, kind: BillingPlan['kind']) {
  const meterId = await ensureMeter(stripe, kind)
  try {
    const price = await stripe.prices.create({
      product: productId,
      nickname: `One ${kind} license used in a month`,
      currency: prices.currency.toLowerCase(),
      unit_amount: prices[kind],
      recurring: { interval: 'month', usage_type: 'metered', meter: meterId },
      lookup_key: lookupKey(prices, kind),
    })
    return { priceId: price.id, meterId }
  } catch (error) {
    const first = existsAlready(error) ? (await findPrices(stripe, prices))[kind] : undefined
    if (first === undefined) throw error
    return first
  }
}

async function ensureMeter(stripe: Stripe, kind: BillingPlan['kind']): Promise<string> {
  const found = await findMeter(stripe, kind)
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
    const first = existsAlready(error) ? await findMeter(stripe, kind) : undefined
    if (first === undefined) throw error
    return first
  }
}

async function findMeter(stripe: Stripe, kind: BillingPlan['kind']): Promise<string | undefined> {
  for await (const meter of stripe.billing.meters.list({ status: 'active', limit: 100 }))
    if (meter.event_name === eventName(kind)) return meter.id
  return undefined
}

function lookupKey(prices: Prices, kind: BillingPlan['kind']): string {
  return `tenantry_${kind}_${prices.currency.toLowerCase()}_${prices[kind]}`
}
