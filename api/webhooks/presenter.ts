import type { WebhookDelivery } from '../../domain/webhooks/webhook-deliveries.ts'
import type { WebhookEndpoint } from '../../domain/webhooks/webhook-endpoints.ts'
import type { DeliveryView, EndpointView } from './schemas.ts'

export function presentEndpoint({
  disabledAt,
  createdAt,
  updatedAt,
  ...endpoint
}: WebhookEndpoint): EndpointView {
  return {
    ...endpoint,
    enabled: disabledAt === null,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  }
}

export function presentDelivery(delivery: WebhookDelivery): DeliveryView {
  return {
    ...delivery,
    // Only database triggers write to the outbox, and they write known types.
    type: delivery.type as DeliveryView['type'],
    lastAttemptAt: delivery.lastAttemptAt?.toISOString() ?? null,
    nextAttemptAt: delivery.nextAttemptAt?.toISOString() ?? null,
    createdAt: delivery.createdAt.toISOString(),
  }
}
