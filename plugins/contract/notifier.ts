import type { DeliveryReport } from '../../domain/users/delivery-reports.ts'
import type { CallContext, WebhookRequest } from './call.ts'

/** The invitation of one person to choose a password. */
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

/** A link for one person to choose another password. */
export type PasswordResetMessage = InvitationMessage

/** The reminder to one person that a trial ends soon. */
export interface TrialReminderMessage {
  /** The full name of the person, and the one address that the message goes to. */
  to: { name: string; email: string }
  /** The organization whose trial ends, as people call it. */
  organizationName: string
  /** When the trial ends. */
  trialEndsAt: Date
}

/**
 * Sends messages to people. The first notifier in `temporal.config.ts` is the one in use.
 *
 * Each call sends at most one message. A call that fails throws a `StepError` without the address and without the link:
 * `needs_input` when the provider refuses the address, naming the field to correct; `retryable` when nothing was sent and
 * another try may help; `unknown_outcome` when the message may have been sent.
 *
 * `notifierChecks` tests these rules.
 *
 * @example
 * ```ts
 * import { randomUUID } from 'node:crypto'
 * import type { Notifier } from 'tenantry'
 *
 * export const silent: Notifier = {
 *   id: 'silent',
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
   * Checks that the provider is reachable and accepts the credentials. It sends nothing.
   * Conformance: "check succeeds when the server is up, and sends nothing".
   * @throws StepError whose `nextAction` names the setting to correct: `retryable` when the provider is down, `retryable` or
   * `needs_input` when it refuses the credentials.
   */
  check(signal: AbortSignal): Promise<void>
  /**
   * Sends an invitation.
   * Conformance: "sends one message per call, and returns the same message id for the same key".
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
   * Verifies and reads a request that the provider posts to `/v1/notifiers/{id}/webhooks`. Default, and undefined: the notifier
   * accepts no reports.
   * Conformance: "refuses a forged report", "ignores a request that is not a report".
   * @returns one report for each message in the request; an empty list if the request is not a report. Reports about messages of
   * other systems are ignored.
   * @throws StepError `webhook_refused`, terminal, when the request is not from the provider.
   */
  parseDeliveryReports?: ((request: WebhookRequest) => Promise<DeliveryReport[]>) | undefined
}
