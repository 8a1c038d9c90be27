import type { BillingSubscription } from '../../../plugins/plugin-contract.ts'
import type { StripeWithState } from '../../stack/stripe/gaps.ts'

export interface InvoiceAtStripe {
  id: string
  status: string
  total: number
  auto_advance: boolean
  metadata: Record<string, string>
}

const headers = { authorization: 'Bearer sk_test_12345' }

/** Reads the invoices of a subscription that the adapter created, the oldest first. */
export async function usageInvoicesAt(
  server: StripeWithState,
  { customerExternalId, externalId }: BillingSubscription,
): Promise<InvoiceAtStripe[]> {
  // The limit is above that of Stripe, so that the fake returns one page.
  const path = `/v1/invoices?customer=${customerExternalId}&limit=1000`
  const response = await fetch(`${server.url}${path}`, { headers })
  const { data } = (await response.json()) as { data: InvoiceAtStripe[] }
  return data.filter(({ metadata }) => metadata.tenantry_subscription === externalId).reverse()
}

/** Makes a change at Stripe that a person could make there. */
export async function postTo(server: StripeWithState, path: string, fields: Record<string, string> = {}) {
  await fetch(`${server.url}${path}`, { method: 'POST', headers, body: new URLSearchParams(fields) })
}
