import { Webhook } from 'standardwebhooks'
import { z } from 'zod'
import { type BillingEvent, StepError, type WebhookRequest } from '../plugin-contract.ts'
import { issuedSchema } from './read-answer.ts'

const externalId = z.string().min(1)

/** The data of each type that we know. */
const known = {
  invoice_issued: z.object({ customerExternalId: externalId, invoice: issuedSchema }),
  payment_failed: z.object({ customerExternalId: externalId, invoiceExternalId: externalId }),
  subscription_cancelled: z.object({ subscriptionExternalId: externalId }),
}
const payloadSchema = z.object({ type: z.string(), data: z.unknown() })

/** Verifies and reads what a provider sent by itself. @throws StepError */
export function readWebhook(secret: string, { headers, body }: WebhookRequest): BillingEvent {
  const id = headers['webhook-id'] ?? ''
  const payload = payloadSchema.safeParse(verified(secret, id, { headers, body }))
  if (!payload.success) throw unreadable()
  const { type, data } = payload.data
  switch (type) {
    case 'invoice_issued':
      return { id, type, ...understood(known[type], data) }
    case 'payment_failed':
      return { id, type, ...understood(known[type], data) }
    case 'subscription_cancelled':
      return { id, type, ...understood(known[type], data) }
    default:
      // A provider may tell more than we know about, and may start to do so any day.
      return { id, type: 'ignored' }
  }
}

function understood<Data>(schema: z.ZodType<Data>, data: unknown): Data {
  const parsed = schema.safeParse(data)
  if (!parsed.success) throw unreadable()
  return parsed.data
}

function verified(secret: string, id: string, { headers, body }: WebhookRequest): unknown {
  try {
    return new Webhook(secret).verify(body, {
      'webhook-id': id,
      'webhook-timestamp': headers['webhook-timestamp'] ?? '',
      'webhook-signature': headers['webhook-signature'] ?? '',
    })
  } catch (error) {
    // Signed, but not JSON.
    throw error instanceof SyntaxError ? unreadable() : refused()
  }
}

function refused(): StepError {
  return new StepError({
    class: 'terminal',
    code: 'webhook_refused',
    message: 'The webhook is not signed with our secret, or is older than five minutes.',
    nextAction: 'Sign it with BILLING_HTTP_SECRET when it is sent, as Standard Webhooks says.',
  })
}

function unreadable(): StepError {
  return new StepError({
    class: 'terminal',
    code: 'webhook_unreadable',
    message: 'The webhook is signed correctly, and does not have the shape that its type has.',
    nextAction: 'Correct the provider; docs/billing-http.md says what it sends.',
  })
}
