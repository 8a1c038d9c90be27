import { z } from 'zod'
import type { PlannedRequest } from '../scenario/requests.ts'

/** A message as it was handed over in full, whatever the answer to it was. */
const message = z.object({ to: z.string(), messageId: z.string() })

/** Something that a call did at the billing provider: once for each key. */
const effect = z.object({
  operation: z.string(),
  key: z.string(),
  organizationId: z.string(),
  externalId: z.string().optional(),
  month: z.string().optional(),
  usage: z.object({ trial: z.number(), purchased: z.number() }).optional(),
})

/** A fault as it really came about, and the request that met it. */
const injection = z.object({ party: z.enum(['billing', 'mail']), kind: z.string(), name: z.string() })

const books = z.object({
  messages: z.array(message),
  effects: z.array(effect),
  /** Subscriptions that are billed now. */
  running: z.array(z.object({ organizationId: z.string(), externalId: z.string() })),
  /** What no caller may do, such as sending two bodies under one key. */
  misuses: z.array(z.string()),
  injections: z.array(injection),
})

/** What really arrived at the mail server and at the billing provider. */
export type Books = z.infer<typeof books>

/** What the recorder tells. */
export const told = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), smtpUrl: z.string(), billingUrl: z.string() }),
  z.object({ type: z.literal('held'), name: z.string() }),
  z.object({ type: z.literal('gone'), name: z.string() }),
  z.object({ type: z.literal('books'), books }),
])
export type Told = z.infer<typeof told>

/** What the recorder is asked. */
export type Asked =
  | { type: 'expect'; requests: Pick<PlannedRequest, 'name' | 'body' | 'troubles'>[] }
  /** Whoever is held goes on. */
  | { type: 'release' }
  /** From now on nothing goes wrong with openings and messages. */
  | { type: 'calm' }
  | { type: 'read' }
