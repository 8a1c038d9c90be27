import { Stripe } from 'stripe'
import { z } from 'zod'
import { type BillingEvent, stepError, type WebhookRequest } from '../plugin-contract.ts'
import { webhookRefused, webhookUnreadable } from './errors.ts'
import { toIssuedInvoice } from './stripe-invoices.ts'

/** Seconds that a signature is good for, so that nobody can send an old message again. */
const tolerance = 300

const reference = z.union([z.string(), z.object({ id: z.string() }).transform(({ id }) => id)])
const invoice = z.object({
  id: z.string(),
  number: z.string().nullable(),
  currency: z.string(),
  total: z.int(),
  created: z.int(),
  effective_at: z.int().nullable().default(null),
  customer: reference,
  metadata: z.record(z.string(), z.string()).nullable().default(null),
  lines: z.object({
    data: z.array(
      z.object({
        description: z.string().nullable(),
        quantity: z.int().nullable(),
        amount: z.int(),
        period: z.object({ start: z.int(), end: z.int() }),
      }),
    ),
  }),
})
const failedInvoice = z.object({ id: z.string(), customer: reference })
const subscription = z.object({ id: z.string() })
/** As sent: its type may be one that this SDK does not know yet. */
const event = z.object({ id: z.string(), type: z.string(), data: z.object({ object: z.unknown() }) })

/** Reads webhooks that carry a signature made with this secret. What is of no concern to us is `ignored`. */
export function webhookReader(secret: string): (request: WebhookRequest) => BillingEvent {
  return ({ headers, body }) => {
    const { id, type, data } = read(event, verified(body, headers['stripe-signature'] ?? '', secret))
    switch (type) {
      case 'invoice.finalized': {
        const issued = read(invoice, data.object)
        return {
          id,
          type: 'invoice_issued',
          customerExternalId: issued.customer,
          invoice: toIssuedInvoice(issued),
        }
      }
      case 'invoice.payment_failed': {
        const failed = read(failedInvoice, data.object)
        return {
          id,
          type: 'payment_failed',
          customerExternalId: failed.customer,
          invoiceExternalId: failed.id,
        }
      }
      case 'customer.subscription.deleted':
        return {
          id,
          type: 'subscription_cancelled',
          subscriptionExternalId: read(subscription, data.object).id,
        }
      default:
        return { id, type: 'ignored' }
    }
  }
}

const webhooks = Stripe.webhooks

function verified(body: string, signature: string, secret: string): unknown {
  try {
    return webhooks.constructEvent(body, signature, secret, tolerance)
  } catch {
    throw stepError(webhookRefused)
  }
}

/** The version of what is sent is that of the endpoint at Stripe, which may be another than the SDK's. */
function read<Schema extends z.ZodType>(schema: Schema, object: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(object)
  if (parsed.success) return parsed.data
  const path = parsed.error.issues[0]?.path.join('.') || 'event'
  throw stepError(webhookUnreadable, { parameters: { path, version: Stripe.API_VERSION } })
}
