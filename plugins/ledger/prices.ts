import { isCurrency } from '../../domain/billing/currencies.ts'
import { type BillingPlan, type BillingUsage, type InvoiceLine } from '../plugin-contract.ts'

/** The price of one license used in one month. */
export interface Prices {
  /** ISO 4217, such as `USD`. */
  currency: string
  /** The price under a purchased plan, in integer minor units: 500 in USD is five dollars. */
  purchased: number
  /** The price in a trial, in integer minor units. With 0 trials are free, and their invoices have the total 0. */
  trial: number
}

/** Checks the prices. @throws Error, one line, when a price is not a whole number of minor units or the currency is unknown. */
export function checkPrices(prices: Prices): void {
  if (!isCurrency(prices.currency))
    throw new Error(`The ledger's currency "${prices.currency}" is not one of ISO 4217. Use one such as USD.`)
  for (const kind of ['purchased', 'trial'] as const) {
    if (!Number.isSafeInteger(prices[kind]) || prices[kind] < 0)
      throw new Error(`The ledger's price "${kind}" is not a whole number of minor units, such as 500.`)
  }
}

/** @param usage `converted` licenses were charged as trial before, so the trial price of each is credited where it is not 0. */
export function invoiceLines(
  prices: Prices,
  month: string,
  usage: BillingUsage & { converted: number },
): InvoiceLine[] {
  const monthInWords = monthFormat.format(new Date(`${month}-01T00:00:00Z`))
  return [
    lineOf(`Licenses used in ${monthInWords}`, usage.purchased, prices.purchased),
    lineOf(`Trial licenses used in ${monthInWords}`, usage.trial, prices.trial),
    lineOf(
      `Trial licenses of ${monthInWords} that were converted`,
      prices.trial === 0 ? 0 : usage.converted,
      -prices.trial,
    ),
  ].filter(({ quantity }) => quantity > 0)
}

function lineOf(description: string, quantity: number, unitAmount: number): InvoiceLine {
  return { description, quantity, unitAmount, amount: quantity * unitAmount }
}

const monthFormat = new Intl.DateTimeFormat('en-US', { month: 'long', year: 'numeric', timeZone: 'UTC' })

export function describePlan(prices: Prices, plan: BillingPlan): string {
  if (plan.kind === 'trial') {
    const cost =
      prices.trial === 0 ? 'not billed' : `${formatPrice(prices, prices.trial)} a month for each license used`
    return `Start a trial of ${plan.licenses} licenses for ${plan.trialDays} days, ${cost}.`
  }
  const limit = plan.licenses === undefined ? 'without an upper limit' : `up to ${plan.licenses}`
  return `Subscribe to monthly billing for licenses used, ${limit}, ${formatPrice(prices, prices.purchased)} each.`
}

function formatPrice({ currency }: Prices, amount: number): string {
  const format = new Intl.NumberFormat('en-US', { style: 'currency', currency })
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2))
}
