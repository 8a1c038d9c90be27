import { z } from 'zod'
import type { PlannedRequest } from '../scenario/requests.ts'

/** A message that the mail server received completely, whichever answer it gave. */
const message = z.object({ to: z.string(), messageId: z.string() })

/** The effect of a call at the billing provider. There is one for each idempotency key. */
const effect = z.object({
  operation: z.string(),
  key: z.string(),
  organizationId: z.string(),
  externalId: z.string().optional(),
  month: z.string().optional(),
  usage: z.object({ trial: z.number(), purchased: z.number() }).optional(),
})

/** A call fault that occurred, and the name of the request that it affected. */
const injection = z.object({ provider: z.enum(['billing', 'mail']), kind: z.string(), name: z.string() })

const books = z.object({
  messages: z.array(message),
  effects: z.array(effect),
  openSubscriptions: z.array(
    z.object({ organizationId: z.string(), externalId: z.string(), customerName: z.string().optional() }),
  ),
  /** Calls that break the protocol, such as two bodies under one idempotency key. */
  misuses: z.array(z.string()),
  injections: z.array(injection),
})

/** What arrived at the mail server and at the billing provider. */
export type Books = z.infer<typeof books>

/** A message from the recorder process. */
export const recorderReport = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), smtpUrl: z.string(), billingUrl: z.string() }),
  /** A call for this request is held. */
  z.object({ type: z.literal('held'), name: z.string() }),
  /** The held call was answered, or its connection was closed. */
  z.object({ type: z.literal('ended'), name: z.string() }),
  z.object({ type: z.literal('books'), books }),
])
export type RecorderReport = z.infer<typeof recorderReport>

/** A message to the recorder process. */
export type RecorderCommand =
  | { type: 'expect'; requests: Pick<PlannedRequest, 'name' | 'body' | 'callFaults'>[] }
  /** Answer all held calls. */
  | { type: 'release' }
  /** Hold no more calls except usage reports. */
  | { type: 'stopHolding' }
  | { type: 'read' }
