import { randomUUID } from 'node:crypto'
import type { CallContext, InvitationMessage, Notifier } from '../../plugin-contract.ts'

/** A password link. It is a secret, so no error may quote it. */
export const passwordLink = `https://tenantry.example/set-password?token=${randomUUID()}`
const inAWeek = new Date(Date.now() + 7 * 24 * 60 * 60 * 1000)

export type Send = (notifier: Notifier, call: CallContext, email: string) => Promise<{ messageId: string }>

/** Every method of the contract that sends a message, by name. */
export const sends: Record<string, Send> = {
  sendInvitation: (notifier, call, email) => notifier.sendInvitation(call, passwordMessage(email)),
  sendPasswordReset: (notifier, call, email) => notifier.sendPasswordReset(call, passwordMessage(email)),
  sendTrialReminder: (notifier, call, email) =>
    notifier.sendTrialReminder(call, {
      to: { name: 'Ada Conformance', email },
      organizationName: 'Conformance Inc.',
      trialEndsAt: inAWeek,
    }),
}

function passwordMessage(email: string): InvitationMessage {
  return {
    to: { name: 'Ada Conformance', email },
    organizationName: 'Conformance Inc.',
    passwordLink,
    linkExpiresAt: inAWeek,
  }
}

/** The context of a call with a new key. */
export function newCall(): CallContext {
  return { idempotencyKey: `onb_${randomUUID().replaceAll('-', '')}:conformance:1`, signal: openSignal() }
}

/** A signal that does not abort. */
export function openSignal(): AbortSignal {
  return new AbortController().signal
}
