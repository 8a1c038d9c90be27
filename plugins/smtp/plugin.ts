import { type CallContext, definePlugin, type Plugin } from '../contract.ts'
import { renderInvitation } from './invitation.ts'
import type { RenderedMessage } from './templates.ts'
import { createTransport } from './transport.ts'
import { renderTrialReminder } from './trial-reminder.ts'

export interface SmtpSettings {
  /** Such as `smtp://user:password@host:587`. */
  url: string
  /** The sender, with or without a name. */
  from: string
  /**
   * Milliseconds after which a message, or a check, is given up. Less than the step's own time, so that it is this plug-in, which
   * knows how far it got, that says whether the message may have gone out. Default 12,000.
   */
  patience?: number
}

/** Messages by SMTP. */
export function smtp({ url, from, patience = 12_000 }: SmtpSettings): Plugin {
  const transport = createTransport(url)
  const inTime = (signal: AbortSignal) => AbortSignal.any([signal, AbortSignal.timeout(patience)])
  const send = async (
    call: CallContext,
    to: { name: string; email: string },
    rendered: RenderedMessage,
  ): Promise<{ messageId: string }> => {
    const messageId = messageIdFor(call.idempotencyKey, from)
    const mail = {
      from,
      to: { name: to.name, address: to.email },
      ...rendered,
      messageId: `<${messageId}>`,
      headers: { 'Auto-Submitted': 'auto-generated' },
    }
    await transport.send(mail, inTime(call.signal))
    return { messageId }
  }
  return definePlugin({
    name: 'smtp',
    close: () => transport.close(),
    notifiers: [
      {
        id: 'smtp',
        check: (signal) => transport.check(inTime(signal)),
        sendInvitation: (call, message) => send(call, message.to, renderInvitation(message)),
        sendTrialReminder: (call, message) => send(call, message.to, renderTrialReminder(message)),
      },
    ],
  })
}

/** The same for every try of one intent, so that a mailbox can tell a repeated message. */
function messageIdFor(idempotencyKey: string, from: string): string {
  const domain = from.match(/@([^>\s]+)/)?.[1] ?? 'localhost'
  return `${idempotencyKey.replaceAll(':', '.')}@${domain}`
}
