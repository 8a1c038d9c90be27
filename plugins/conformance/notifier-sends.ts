import { randomUUID } from 'node:crypto'
import type { CallContext, InvitationMessage, Notifier } from '../plugin-contract.ts'

/** A secret, so no error may quote it. */
export const passwordLink = `https://tenantry.example/set-password?token=${randomUUID()}`
const inAWeek = new Date(Date.now() + 7 * 24 * 60 * 60 * 1000)

export type Send = (notifier: Notifier, call: CallContext, email: string) => Promise<{ messageId: string }>

/** Every call of the contract that sends a message, by name. */
export const sends: Record<string, Send> = {
  sendInvitation: (notifier, call, email) => notifier.sendInvitation(call, aPasswordMessage(email)),
  sendPasswordReset: (notifier, call, email) => notifier.sendPasswordReset(call, aPasswordMessage(email)),
  sendTrialReminder: (notifier, call, email) =>
    notifier.sendTrialReminder(call, {
      to: { name: 'Ada Conformance', email },
      organizationName: 'Conformance Inc.',
      trialEndsAt: inAWeek,
    }),
}

function aPasswordMessage(email: string): InvitationMessage {
  return {
    to: { name: 'Ada Conformance', email },
    organizationName: 'Conformance Inc.',
    passwordLink,
    linkExpiresAt: inAWeek,
  }
}

export function aCall(): CallContext {
  return { idempotencyKey: `onb_${randomUUID().replaceAll('-', '')}:conformance:1`, signal: running() }
}

export function running(): AbortSignal {
  return new AbortController().signal
}
