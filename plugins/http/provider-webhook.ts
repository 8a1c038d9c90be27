import { Webhook } from 'standardwebhooks'
import { z } from 'zod'
import { type BillingEvent, stepError, type WebhookRequest } from '../plugin-contract.ts'
import { issuedSchema } from './read-answer.ts'
import { webhookRefused, webhookUnreadable } from './errors.ts'

const externalId = z.string().min(1)

/** The schema of the data, for each type of event that we read. */
const dataSchemas = {
  invoice_issued: z.object({ customerExternalId: externalId, invoice: issuedSchema }),
  payment_failed: z.object({ customerExternalId: externalId, invoiceExternalId: externalId }),
  subscription_cancelled: z.object({ subscriptionExternalId: externalId }),
}
const payloadSchema = z.object({ type: z.string(), data: z.unknown() })

/** Verifies and reads a webhook of the provider. @throws StepError `webhook_refused` or `webhook_unreadable`. */
export function readWebhook(secret: string, { headers, body }: WebhookRequest): BillingEvent {
  const id = headers['webhook-id'] ?? ''
  const payload = payloadSchema.safeParse(verifiedPayload(secret, id, { headers, body }))
  if (!payload.success) throw stepError(webhookUnreadable)
  const { type, data } = payload.data
  switch (type) {
    case 'invoice_issued':
      return { id, type, ...parseData(dataSchemas[type], data) }
    case 'payment_failed':
      return { id, type, ...parseData(dataSchemas[type], data) }
    case 'subscription_cancelled':
      return { id, type, ...parseData(dataSchemas[type], data) }
    default:
      // Accept unknown types, because a provider can add types at any time.
      return { id, type: 'ignored' }
  }
}

function parseData<Data>(schema: z.ZodType<Data>, data: unknown): Data {
  const parsed = schema.safeParse(data)
  if (!parsed.success) throw stepError(webhookUnreadable)
  return parsed.data
}

function verifiedPayload(secret: string, id: string, { headers, body }: WebhookRequest): unknown {
  try {
    return new Webhook(secret).verify(body, {
      'webhook-id': id,
      'webhook-timestamp': headers['webhook-timestamp'] ?? '',
      'webhook-signature': headers['webhook-signature'] ?? '',
    })
  } catch (error) {
    // A SyntaxError: the signature is correct, but the body is not JSON.
    throw stepError(error instanceof SyntaxError ? webhookUnreadable : webhookRefused)
  }
}
