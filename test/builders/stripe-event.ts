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

/** Makes an invoice of October 2026, as Stripe issues it for a subscription that started on the third of a month. */
export function aStripeInvoice(customer: string, changes: Record<string, unknown> = {}) {
  const period = { start: Date.UTC(2026, 9, 3) / 1_000, end: Date.UTC(2026, 10, 3) / 1_000 }
  return {
    id: `in_${randomUUID()}`,
    object: 'invoice',
    customer,
    number: `T-${randomUUID()}`,
    currency: 'usd',
    total: 1_500,
    created: period.end,
    effective_at: period.end + 3_600,
    metadata: {},
    lines: {
      object: 'list',
      data: [{ object: 'line_item', description: '3 × Licenses', quantity: 3, amount: 1_500, period }],
    },
    ...changes,
  }
}
