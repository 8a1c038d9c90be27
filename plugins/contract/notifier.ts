import type { CallContext } from './call.ts'

/** A message to one person. The link is a secret: a notifier never logs it. */
export interface InvitationMessage {
  to: { name: string; email: string }
  organizationName: string
  passwordLink: string
  linkExpiresAt: Date
}

/** Tells one person that a trial is about to end. */
export interface TrialReminderMessage {
  to: { name: string; email: string }
  organizationName: string
  trialEndsAt: Date
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
 *   sendTrialReminder: async () => ({ messageId: randomUUID() }),
 * }
 * ```
 */
export interface Notifier {
  id: string
  /** Credentials and reachability, without sending anything. @throws StepError that names what to fix. */
  check(signal: AbortSignal): Promise<void>
  sendInvitation(call: CallContext, message: InvitationMessage): Promise<{ messageId: string }>
  sendTrialReminder(call: CallContext, message: TrialReminderMessage): Promise<{ messageId: string }>
}
