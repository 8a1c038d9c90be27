import { Webhook } from 'standardwebhooks'
import { z } from 'zod'
import { type BillingEvent, stepError, type WebhookRequest } from '../plugin-contract.ts'
import { issuedSchema } from './read-answer.ts'
import { webhookRefused, webhookUnreadable } from './errors.ts'

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
  if (!payload.success) throw stepError(webhookUnreadable)
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
  if (!parsed.success) throw stepError(webhookUnreadable)
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
    throw stepError(error instanceof SyntaxError ? webhookUnreadable : webhookRefused)
  }
}
