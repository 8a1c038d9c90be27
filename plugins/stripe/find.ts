import type { Stripe } from 'stripe'
import type { BillingAnswer } from '../plugin-contract.ts'
import { findCredit } from './credit-notes.ts'
import { metadataOf, names } from './metadata.ts'
import { fromStripeInvoice } from './stripe-invoices.ts'

/**
 * Returns the answer of an earlier call with this key, or undefined. It searches the metadata of our objects, because Stripe
 * forgets an idempotency key after 24 hours. Stripe's search lags by seconds, in rare cases by an hour. A call that the search
 * does not know yet can be repeated, because Stripe still returns the first result of its key.
 */
export async function findByKey(stripe: Stripe, key: string): Promise<BillingAnswer | undefined> {
  const [customer, subscription, invoice] = await Promise.all([
    findCustomer(stripe, key),
    findSubscription(stripe, key),
    findInvoice(stripe, key),
  ])
  return customer ?? subscription ?? invoice
}

export async function findCustomer(stripe: Stripe, key: string): Promise<BillingAnswer | undefined> {
  const { data } = await stripe.customers.search({ query: anyOf([names.key], key) })
  const customer = data.find((candidate) => metadataOf(candidate, names.key) === key)
  return customer === undefined ? undefined : { externalId: customer.id }
}

async function findSubscription(stripe: Stripe, key: string): Promise<BillingAnswer | undefined> {
  const { data } = await stripe.subscriptions.search({ query: anyOf([names.key, names.changeKey], key) })
  for (const subscription of data) {
    if ([names.key, names.changeKey].some((name) => metadataOf(subscription, name) === key))
      return { externalId: subscription.id }
  }
  return undefined
}

async function findInvoice(stripe: Stripe, key: string): Promise<BillingAnswer | undefined> {
  const { data } = await stripe.invoices.search({ query: anyOf([names.key, names.creditKey], key) })
  for (const invoice of data) {
    // A draft belongs to an unfinished call.
    if (metadataOf(invoice, names.key) === key && invoice.status !== 'draft')
      return { externalId: invoice.id, invoice: fromStripeInvoice(invoice) }
    if (metadataOf(invoice, names.creditKey) === key)
      return findCredit(stripe, key, fromStripeInvoice(invoice))
  }
  return undefined
}

function anyOf(metadataNames: string[], value: string): string {
  const quoted = value.replace(/['"\\]/g, '\\$&')
  return metadataNames.map((name) => `metadata['${name}']:'${quoted}'`).join(' OR ')
}
