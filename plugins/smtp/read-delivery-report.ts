import { createHash, timingSafeEqual } from 'node:crypto'
import { type DeliveryReport, stepError, type WebhookRequest } from '../plugin-contract.ts'
import { readDeliveryStatus } from './delivery-status.ts'
import { webhookRefused } from './errors.ts'

/** Returns the reader of delivery reports. A mail server posts the returned message unchanged, with our secret as bearer token. */
export function deliveryReportReader({
  secret,
  from,
}: {
  secret: string
  from: string
}): (request: WebhookRequest) => Promise<DeliveryReport[]> {
  return async ({ headers, body }) => {
    const given = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? ''
    if (!timingSafeEqual(digest(given), digest(secret))) throw stepError(webhookRefused)
    return readDeliveryStatus(body, from)
  }
}

/** A digest of a fixed length, as `timingSafeEqual` needs it. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
