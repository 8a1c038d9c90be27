import type { Stripe } from 'stripe'
import { metadataOf, names } from './metadata.ts'

interface Found {
  externalId: string
}

/**
 * Returns the result of an earlier call with this key, or undefined. Stripe's search lags by seconds, in rare cases by an hour. A
 * call that the search does not know yet can be repeated, because Stripe returns the first result of a key for 24 hours.
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
  const customer = data.find((candidate) => metadataOf(candidate, names.key) === key)
  return customer === undefined ? undefined : { externalId: customer.id }
}

async function findSubscription(stripe: Stripe, key: string): Promise<Found | undefined> {
  const { data } = await stripe.subscriptions.search({ query: anyOf([names.key, names.changeKey], key) })
  for (const subscription of data) {
    if ([names.key, names.changeKey].some((name) => metadataOf(subscription, name) === key))
      return { externalId: subscription.id }
  }
  return undefined
}

async function findInvoice(stripe: Stripe, key: string): Promise<Found | undefined> {
  const { data } = await stripe.invoices.search({ query: anyOf([names.key, names.creditKey], key) })
  for (const invoice of data) {
    // A draft belongs to an unfinished call.
    if (metadataOf(invoice, names.key) === key && invoice.status !== 'draft')
      return { externalId: invoice.id }
    const creditNote = metadataOf(invoice, names.creditNote)
    if (metadataOf(invoice, names.creditKey) === key && creditNote !== undefined)
      return { externalId: creditNote }
  }
  return undefined
}

function anyOf(metadataNames: string[], value: string): string {
  const quoted = value.replace(/['"\\]/g, '\\$&')
  return metadataNames.map((name) => `metadata['${name}']:'${quoted}'`).join(' OR ')
}
