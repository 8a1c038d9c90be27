import { Webhook } from 'standardwebhooks'
import type { ClaimedDelivery } from '../domain/webhooks/webhook-queue.ts'

export interface SignedRequest {
  headers: Record<string, string>
  body: string
}

/**
 * Writes a delivery in the format of Standard Webhooks, with one signature for each secret of the endpoint.
 * @param now the time of the attempt, which is part of the signature.
 */
export function signedRequest(delivery: ClaimedDelivery, now: Date): SignedRequest {
  const body = JSON.stringify({
    type: delivery.type,
    timestamp: delivery.at.toISOString(),
    data: delivery.data,
  })
  const signatures = delivery.secrets.map((secret) => new Webhook(secret).sign(delivery.eventId, now, body))
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Tenantry-Webhooks/1',
      'webhook-id': delivery.eventId,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
      'webhook-signature': signatures.join(' '),
    },
  }
}
