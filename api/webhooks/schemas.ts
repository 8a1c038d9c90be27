import { z } from 'zod'
import { nullableText } from '../http/text-schema.ts'
import { testEventType, webhookEventTypes } from '../../domain/webhooks/webhook-events.ts'
import { listOf, pageQuery } from '../http/list-schema.ts'

const time = z.iso.datetime()

const url = z
  .url({ protocol: /^https?$/, error: 'Use a URL such as https://example.com/webhooks.' })
  .max(2048)
  .describe('The URL that receives events: https, on a public host.')

const events = z
  .array(z.enum(webhookEventTypes))
  .min(1)
  .max(webhookEventTypes.length)
  .transform((types) => [...new Set(types)])
  .nullable()
  .describe('The types of events to send. Null (the default): all types, also future ones.')

export const endpointBody = z.strictObject({ url, events: events.default(null) })

/** A missing field keeps its value. */
export const endpointChanges = z.strictObject({
  url: url.optional(),
  events: events.optional(),
  enabled: z
    .boolean()
    .optional()
    .describe('While false, new events are not queued, and pending deliveries are not sent.'),
})

export const webhookExamples = {
  create: { url: 'https://partner.example/tenantry', events: ['onboarding.completed', 'onboarding.failed'] },
  disable: { enabled: false },
}

const endpointFields = {
  id: z.string(),
  organizationId: z
    .string()
    .describe('The endpoint receives the events of this organization and of all below it.'),
  url: z.string(),
  events: z.array(z.string()).nullable().describe('The types of events to send. Null: all types.'),
  enabled: z.boolean(),
  disabledReason: z
    .enum(['asked', 'gone'])
    .nullable()
    .describe(
      '`asked`: a request disabled the endpoint. `gone`: the endpoint answered 410. Null while it is enabled.',
    ),
  createdAt: time,
  updatedAt: time,
}

export const endpoint = z.object(endpointFields).meta({ id: 'WebhookEndpoint' })
export type EndpointView = z.output<typeof endpoint>

export const endpointWithSecret = z
  .object({
    ...endpointFields,
    secret: z
      .string()
      .describe('The secret (`whsec_…`) that verifies signatures. Only this response shows it.'),
  })
  .meta({ id: 'WebhookEndpointWithSecret' })

export const endpointList = listOf(endpoint)

export const delivery = z
  .object({
    id: z.string(),
    endpointId: z.string(),
    eventId: z.string().describe('The id of the event, sent as the header `webhook-id`.'),
    type: z.enum([...webhookEventTypes, testEventType]),
    organizationId: z
      .string()
      .describe('The organization of the event. Deliveries of one organization are sent in order.'),
    status: z
      .enum(['pending', 'delivered', 'failed'])
      .describe(
        '`pending`: an attempt follows, unless `nextAttemptAt` is null. `delivered`: the endpoint answered 2xx. `failed`: no attempt follows.',
      ),
    attempts: z.int().describe('The number of attempts so far.'),
    lastAttemptAt: time.nullable(),
    lastHttpStatus: z
      .int()
      .nullable()
      .describe('The status that the endpoint answered. Null without an answer.'),
    lastError: nullableText(
      'Why the last attempt got no answer, such as `timeout` or `connection_refused`. Null when it got one.',
    ),
    nextAttemptAt: time
      .nullable()
      .describe(
        'Null when no attempt follows, and while the endpoint is disabled or its organization is not active.',
      ),
    createdAt: time,
  })
  .meta({ id: 'WebhookDelivery' })
export type DeliveryView = z.output<typeof delivery>

export const deliveryList = listOf(delivery)

export const deliveryQuery = z.strictObject({
  ...pageQuery,
  status: z.enum(['pending', 'delivered', 'failed']).optional(),
})
