import { randomUUID } from 'node:crypto'
import { Stripe } from 'stripe'

export const webhookSecret = 'whsec_of_the_tests'

/** An event as Stripe sends it; name only what the test is about. */
export function aStripeEvent(type: string, object: Record<string, unknown>): { id: string; body: string } {
  const id = `evt_${randomUUID()}`
  const event = { id, object: 'event', type, api_version: Stripe.API_VERSION, data: { object } }
  // Stripe indents what it sends, and the signature covers the spaces.
  return { id, body: JSON.stringify(event, null, 2) }
}

/** The headers of a delivery, with a real signature. @param at seconds since 1970 */
export function signedHeaders(
  body: string,
  { secret = webhookSecret, at = Math.floor(Date.now() / 1_000) }: { secret?: string; at?: number } = {},
): Record<string, string> {
  const signature = Stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp: at })
  return { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': signature }
}

/** An invoice for the licenses used in October 2026, as Stripe's subscription makes it on the third of November. */
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
