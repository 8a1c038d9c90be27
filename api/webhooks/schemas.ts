import { z } from 'zod'
import { testEventType, webhookEventTypes } from '../../domain/webhooks/webhook-events.ts'
import { listOf, pageQuery } from '../http/list-schema.ts'

const time = z.iso.datetime()

const url = z
  .url({ protocol: /^https?$/, error: 'Use a URL such as https://example.com/webhooks.' })
  .max(2048)
  .describe('https, on a host that the public can reach.')

const events = z
  .array(z.enum(webhookEventTypes))
  .min(1)
  .max(webhookEventTypes.length)
  .transform((types) => [...new Set(types)])
  .nullable()
  .describe('The types to be told of. Null: all, also those to come.')

export const endpointBody = z.strictObject({ url, events: events.default(null) })

/** Absent: as it is. */
export const endpointChanges = z.strictObject({
  url: url.optional(),
  events: events.optional(),
  enabled: z.boolean().optional().describe('While it is not, nothing is queued, and what waits stays.'),
})

export const webhookExamples = {
  create: { url: 'https://partner.example/tenantry', events: ['onboarding.completed', 'onboarding.failed'] },
  disable: { enabled: false },
}

const endpointFields = {
  id: z.string(),
  organizationId: z.string().describe('It is told of this organization and of all below.'),
  url: z.string(),
  events: z.array(z.string()).nullable().describe('Null: all types.'),
  enabled: z.boolean(),
  disabledReason: z
    .enum(['asked', 'gone'])
    .nullable()
    .describe('`asked`: by a change. `gone`: it answered 410.'),
  createdAt: time,
  updatedAt: time,
}

export const endpoint = z.object(endpointFields).meta({ id: 'WebhookEndpoint' })
export type EndpointView = z.output<typeof endpoint>

export const endpointWithSecret = z
  .object({ ...endpointFields, secret: z.string().describe('`whsec_…`. It is shown this once.') })
  .meta({ id: 'WebhookEndpointWithSecret' })

export const endpointList = listOf(endpoint)

export const delivery = z
  .object({
    id: z.string(),
    endpointId: z.string(),
    eventId: z.string().describe('What the receiver sees as `webhook-id`.'),
    type: z.enum([...webhookEventTypes, testEventType]),
    organizationId: z.string().describe('Deliveries that are about the same organization arrive in order.'),
    status: z.enum(['pending', 'delivered', 'failed']),
    attempts: z.int(),
    lastAttemptAt: time.nullable(),
    lastHttpStatus: z.int().nullable(),
    lastError: z
      .string()
      .nullable()
      .describe('Why the last attempt got no answer, such as `timeout` or `connection_refused`.'),
    nextAttemptAt: time.nullable().describe('Null once it is settled.'),
    createdAt: time,
  })
  .meta({ id: 'WebhookDelivery' })
export type DeliveryView = z.output<typeof delivery>

export const deliveryList = listOf(delivery)

export const deliveryQuery = z.strictObject({
  ...pageQuery,
  status: z.enum(['pending', 'delivered', 'failed']).optional(),
})
