import { randomUUID } from 'node:crypto'
import { Stripe } from 'stripe'

export const webhookSecret = 'whsec_of_the_tests'

/** Makes an event as Stripe sends it, with a unique id. */
export function aStripeEvent(type: string, object: Record<string, unknown>): { id: string; body: string } {
  const id = `evt_${randomUUID()}`
  const event = { id, object: 'event', type, api_version: Stripe.API_VERSION, data: { object } }
  // Stripe indents its bodies, and the signature covers the spaces.
  return { id, body: JSON.stringify(event, null, 2) }
}

/** Makes the headers of a delivery, with a valid signature. @param at when it was signed, in seconds since 1970; default now. */
export function signedHeaders(
  body: string,
  { secret = webhookSecret, at = Math.floor(Date.now() / 1_000) }: { secret?: string; at?: number } = {},
): Record<string, string> {
  const signature = Stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp: at })
  return { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': signature }
}

/** Makes an invoice for the usage of October 2026, as the adapter creates it and Stripe issues it. */
export function aStripeInvoice(customer: string, changes: Record<string, unknown> = {}) {
  const created = Date.UTC(2026, 10, 3) / 1_000
  return {
    id: `in_${randomUUID()}`,
    object: 'invoice',
    customer,
    number: `T-${randomUUID()}`,
    currency: 'usd',
    total: 1_500,
    created,
    effective_at: created + 3_600,
    metadata: { tenantry_subscription: 'sub_1', tenantry_month: '2026-10' },
    lines: {
      object: 'list',
      data: [{ object: 'line_item', description: '3 × Licenses', quantity: 3, amount: 1_500 }],
    },
    ...changes,
  }
}
