import { type BillingPlan, type BillingUsage, type InvoiceLine } from '../plugin-contract.ts'

/** What a license costs that was used in a month. */
export interface Prices {
  /** ISO 4217, such as `USD`. */
  currency: string
  /** For each license used under a purchased plan: integer minor units, so 500 in USD is five dollars. */
  purchased: number
  /** For each license used in a trial: integer minor units. Zero makes trials free, and they are invoiced all the same. */
  trial: number
}

/** @throws Error, one line, when a price is not in whole minor units or the currency does not exist. */
export function checkPrices(prices: Prices): void {
  if (!Intl.supportedValuesOf('currency').includes(prices.currency))
    throw new Error(`The ledger's currency "${prices.currency}" is not one of ISO 4217. Use one such as USD.`)
  for (const kind of ['purchased', 'trial'] as const) {
    if (!Number.isSafeInteger(prices[kind]) || prices[kind] < 0)
      throw new Error(`The ledger's price "${kind}" is not a whole number of minor units, such as 500.`)
  }
}

/** The lines of an invoice for what was used in a month. What was not used has no line. */
export function rate(prices: Prices, month: string, usage: BillingUsage): InvoiceLine[] {
  const named = monthName.format(new Date(`${month}-01T00:00:00Z`))
  return [
    lineOf(`Licenses used in ${named}`, usage.purchased, prices.purchased),
    lineOf(`Trial licenses used in ${named}`, usage.trial, prices.trial),
  ].filter(({ quantity }) => quantity > 0)
}

function lineOf(description: string, quantity: number, unitAmount: number): InvoiceLine {
  return { description, quantity, unitAmount, amount: quantity * unitAmount }
}

const monthName = new Intl.DateTimeFormat('en-US', { month: 'long', year: 'numeric', timeZone: 'UTC' })

/** What subscribing to a plan means, in words. */
export function describePlan(prices: Prices, plan: BillingPlan): string {
  if (plan.kind === 'trial') {
    const cost = prices.trial === 0 ? 'not billed' : `${inWords(prices, prices.trial)} a month for each used`
    return `Start a trial of ${plan.licenses} licenses for ${plan.trialDays} days, ${cost}.`
  }
  const limit = plan.licenses === undefined ? 'without an upper limit' : `up to ${plan.licenses}`
  return `Subscribe to monthly billing for licenses used, ${limit}, ${inWords(prices, prices.purchased)} each.`
}

function inWords({ currency }: Prices, amount: number): string {
  const format = new Intl.NumberFormat('en-US', { style: 'currency', currency })
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2))
}
