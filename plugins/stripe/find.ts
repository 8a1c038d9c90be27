import type { Stripe } from 'stripe'
import { names, noted } from './metadata.ts'

interface Found {
  externalId: string
}

/**
 * What an earlier call with this key did. Stripe's search lags behind: by seconds, rarely by an hour. A call that it does
 * not know yet may be made again, because for a day Stripe itself answers a repeated key with its first result.
 */
export async function findByKey(stripe: Stripe, key: string): Promise<Found | undefined> {
  const [customer, subscription, invoice] = await Promise.all([
    findCustomer(stripe, key),
    findSubscription(stripe, key),
    findInvoice(stripe, key),
  ])
  return customer ?? subscription ?? invoice
}

export async function findCustomer(stripe: Stripe, key: string): Promise<Found | undefined> {
  const { data } = await stripe.customers.search({ query: anyOf([names.key], key) })
  const customer = data.find((candidate) => noted(candidate, names.key) === key)
  return customer === undefined ? undefined : { externalId: customer.id }
}

async function findSubscription(stripe: Stripe, key: string): Promise<Found | undefined> {
  const query = anyOf([names.key, names.changeKey, names.usageKey], key)
  const { data } = await stripe.subscriptions.search({ query })
  for (const subscription of data) {
    if (noted(subscription, names.usageKey) === key)
      return { externalId: usageId(subscription.id, noted(subscription, names.month)) }
    if ([names.key, names.changeKey].some((name) => noted(subscription, name) === key))
      return { externalId: subscription.id }
  }
  return undefined
}

async function findInvoice(stripe: Stripe, key: string): Promise<Found | undefined> {
  const { data } = await stripe.invoices.search({ query: anyOf([names.key, names.creditKey], key) })
  for (const invoice of data) {
    // A draft is a call that did not get to its end.
    if (noted(invoice, names.key) === key && invoice.status !== 'draft') return { externalId: invoice.id }
    const creditNote = noted(invoice, names.creditNote)
    if (noted(invoice, names.creditKey) === key && creditNote !== undefined) return { externalId: creditNote }
  }
  return undefined
}

/** Events of a meter have no id that they could be read by, so we name a report by what it is about. */
export function usageId(subscriptionId: string, month = ''): string {
  return `${subscriptionId}:${month}`
}

function anyOf(metadataNames: string[], value: string): string {
  const quoted = value.replace(/['"\\]/g, '\\$&')
  return metadataNames.map((name) => `metadata['${name}']:'${quoted}'`).join(' OR ')
}
