import type { CallContext, WebhookRequest } from './call.ts'

/** A message to one person. The link is a secret: a notifier never logs it. */
export interface InvitationMessage {
  to: { name: string; email: string }
  organizationName: string
  passwordLink: string
  linkExpiresAt: Date
}

/** As an invitation, to a person who has a password and asks for another one. */
export type PasswordResetMessage = InvitationMessage

/** Tells one person that a trial is about to end. */
export interface TrialReminderMessage {
  to: { name: string; email: string }
  organizationName: string
  trialEndsAt: Date
}

/**
 * What became of a message after it was sent. `delayed` is tried on; `bounced` will never be delivered to this address (a
 * status of 5.x.x); `expired` was given up after it could not be delivered for long (4.x.x).
 */
export interface DeliveryReport {
  /** As sending it answered. */
  messageId: string
  /**
   * The key of the call that sent it, where the provider gives it back: so a message is known even when the answer to its
   * call was lost.
   */
  idempotencyKey?: string
  status: 'delivered' | 'delayed' | 'bounced' | 'expired'
  /** An enhanced status code (RFC 3463) such as `5.1.1`, where there is one. */
  code: string | null
}

/**
 * How people are told. Sends at most once per call; throws `unknown_outcome` when it can't tell whether it sent. The first
 * notifier in `temporal.config.ts` is the one in use.
 *
 * @example
 * ```ts
 * import { randomUUID } from 'node:crypto'
 * import type { Notifier } from 'tenantry'
 *
 * export const nobody: Notifier = {
 *   id: 'nobody',
 *   check: async () => undefined,
 *   sendInvitation: async () => ({ messageId: randomUUID() }),
 *   sendPasswordReset: async () => ({ messageId: randomUUID() }),
 *   sendTrialReminder: async () => ({ messageId: randomUUID() }),
 * }
 * ```
 */
export interface Notifier {
  id: string
  /** Credentials and reachability, without sending anything. @throws StepError that names what to fix. */
  check(signal: AbortSignal): Promise<void>
  sendInvitation(call: CallContext, message: InvitationMessage): Promise<{ messageId: string }>
  sendPasswordReset(call: CallContext, message: PasswordResetMessage): Promise<{ messageId: string }>
  sendTrialReminder(call: CallContext, message: TrialReminderMessage): Promise<{ messageId: string }>
  /**
   * Verifies and reads what a provider posts to `/v1/notifiers/{id}/webhooks`. What is no report, or about a message that
   * nobody here sent, may come as well: none, or one that is passed over. Left out, or undefined: nothing is taken there.
   * @throws StepError `webhook_refused` when the sender can't be the provider.
   */
  parseDeliveryReports?: ((request: WebhookRequest) => Promise<DeliveryReport[]>) | undefined
}
