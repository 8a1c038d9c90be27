import type { CallContext, WebhookRequest } from './call.ts'

/** Invites one person to choose a password. */
export interface InvitationMessage {
  /** The full name of the person, and the one address that the message goes to. */
  to: { name: string; email: string }
  /** The organization that the person belongs to, as people call it. */
  organizationName: string
  /** The address of the page where the person chooses a password. It is a secret: never log it, never quote it in an error. */
  passwordLink: string
  /** When the link stops working. */
  linkExpiresAt: Date
}

/** Sends a link to a person who has a password and is to choose another one. */
export type PasswordResetMessage = InvitationMessage

/** Reminds one person that a trial ends soon. */
export interface TrialReminderMessage {
  /** The full name of the person, and the one address that the message goes to. */
  to: { name: string; email: string }
  /** The organization whose trial ends, as people call it. */
  organizationName: string
  /** When the trial ends. */
  trialEndsAt: Date
}

/** What became of a message after it was sent. It quotes no address. */
export interface DeliveryReport {
  /** The `messageId` that sending the message answered. */
  messageId: string
  /**
   * The key of the call that sent the message, where the provider gives it back: so a message is known even when the answer to
   * its call was lost. Default: the message is known by its id alone.
   */
  idempotencyKey?: string
  /**
   * `delivered`: the mail server of the recipient has it. `delayed`: the provider goes on trying. `bounced`: it will never be
   * delivered to this address (a code of 5.x.x). `expired`: the provider has given up after a long time of trying (4.x.x).
   */
  status: 'delivered' | 'delayed' | 'bounced' | 'expired'
  /** An enhanced status code (RFC 3463) such as `5.1.1`; null where the provider tells none. */
  code: string | null
}

/**
 * Sends messages to people. The first notifier in `temporal.config.ts` is the one in use.
 *
 * Each call sends at most one message. A call that fails throws a `StepError` without the address and without the link:
 * `needs_input` when the provider refuses the address, naming the field to correct; `retryable` when nothing was sent and
 * another try may help; `unknown_outcome` when the message may have been sent.
 *
 * `notifierChecks` checks all of it.
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
  /** Names the notifier, in kebab case, such as `smtp`. It is part of the address that its webhooks go to. */
  id: string
  /**
   * Checks that the provider is reachable and takes the credentials, without sending anything.
   * Conformance: "check succeeds when all is well, and sends nothing".
   * @throws StepError that names what to fix: `retryable` when the provider is down, `retryable` or `needs_input` when it
   * refuses the credentials.
   */
  check(signal: AbortSignal): Promise<void>
  /**
   * Sends an invitation.
   * Conformance: "sends one message a call, and the same message id for the same key".
   * @returns the id of the message, which delivery reports name. The same key has the same id.
   * @throws StepError as said for the notifier.
   */
  sendInvitation(call: CallContext, message: InvitationMessage): Promise<{ messageId: string }>
  /**
   * Sends a link to choose another password.
   * @returns as `sendInvitation`.
   * @throws StepError as said for the notifier.
   */
  sendPasswordReset(call: CallContext, message: PasswordResetMessage): Promise<{ messageId: string }>
  /**
   * Sends a reminder that a trial ends.
   * @returns as `sendInvitation`.
   * @throws StepError as said for the notifier.
   */
  sendTrialReminder(call: CallContext, message: TrialReminderMessage): Promise<{ messageId: string }>
  /**
   * Verifies and reads what the provider posts to `/v1/notifiers/{id}/webhooks`. Default, and undefined: nothing is taken
   * there.
   * Conformance: "refuses what somebody else sent", "passes over what is no report".
   * @returns one report for each message that the request is about; none where it is no report. A report about a message that
   * was not sent from here is ignored.
   * @throws StepError `webhook_refused`, terminal, when the sender can't be the provider.
   */
  parseDeliveryReports?: ((request: WebhookRequest) => Promise<DeliveryReport[]>) | undefined
}
