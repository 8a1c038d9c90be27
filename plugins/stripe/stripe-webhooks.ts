import { Stripe } from 'stripe'
import { z } from 'zod'
import { type BillingEvent, stepError, type WebhookRequest } from '../plugin-contract.ts'
import { webhookRefused, webhookUnreadable } from './errors.ts'
import { fromStripeInvoice, isOurs } from './stripe-invoices.ts'

/** The seconds for which a signature is valid, against replayed webhooks. */
const tolerance = 300

const reference = z.union([z.string(), z.object({ id: z.string() }).transform(({ id }) => id)])
const metadata = z.record(z.string(), z.string()).nullable().default(null)
const invoice = z.object({
  id: z.string(),
  number: z.string().nullable(),
  currency: z.string(),
  total: z.int(),
  created: z.int(),
  effective_at: z.int().nullable().default(null),
  customer: reference,
  metadata,
  lines: z.object({
    data: z.array(
      z.object({
        description: z.string().nullable(),
        quantity: z.int().nullable(),
        amount: z.int(),
      }),
    ),
  }),
})
const failedInvoice = z.object({ id: z.string(), customer: reference })
const subscription = z.object({ id: z.string() })
/** An event of Stripe. Its type can be one that the SDK does not know. */
const event = z.object({ id: z.string(), type: z.string(), data: z.object({ object: z.unknown() }) })

/**
 * Returns the reader of webhooks that are signed with this secret. Other types of events are `ignored`, and events of invoices that
 * we did not create.
 */
export function webhookReader(secret: string): (request: WebhookRequest) => BillingEvent {
  return ({ headers, body }) => {
    const { id, type, data } = read(event, verifiedEvent(body, headers['stripe-signature'] ?? '', secret))
    if (type.startsWith('invoice.') && !isOurs(read(z.object({ metadata }), data.object)))
      return { id, type: 'ignored' }
    switch (type) {
      case 'invoice.finalized': {
        const issued = read(invoice, data.object)
        const { customer: customerExternalId } = issued
        return { id, type: 'invoice_issued', customerExternalId, invoice: fromStripeInvoice(issued) }
      }
      case 'invoice.payment_failed': {
        const { customer: customerExternalId, id: invoiceExternalId } = read(failedInvoice, data.object)
        return { id, type: 'payment_failed', customerExternalId, invoiceExternalId }
      }
      case 'customer.subscription.deleted': {
        const { id: subscriptionExternalId } = read(subscription, data.object)
        return { id, type: 'subscription_cancelled', subscriptionExternalId }
      }
      default:
        return { id, type: 'ignored' }
    }
  }
}

function verifiedEvent(body: string, signature: string, secret: string): unknown {
  try {
    return Stripe.webhooks.constructEvent(body, signature, secret, tolerance)
  } catch {
    throw stepError(webhookRefused)
  }
}

/** Parses an object of a webhook. The endpoint at Stripe can have another API version than the SDK. */
function read<Schema extends z.ZodType>(schema: Schema, object: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(object)
  if (parsed.success) return parsed.data
  const path = parsed.error.issues[0]?.path.join('.') || 'event'
  throw stepError(webhookUnreadable, { parameters: { path, version: Stripe.API_VERSION } })
}
