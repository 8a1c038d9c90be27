import { definePlugin, type Plugin } from '../contract.ts'
import { renderInvitation } from './invitation.ts'
import { createTransport } from './transport.ts'

export interface SmtpSettings {
  /** Such as `smtp://user:password@host:587`. */
  url: string
  /** The sender, with or without a name. */
  from: string
  /**
   * Milliseconds after which a message is given up. Less than the step's own time, so that it is this plug-in, which
   * knows how far it got, that says whether the message may have gone out. Default 12,000.
   */
  patience?: number
}

/** Messages by SMTP. */
export function smtp({ url, from, patience = 12_000 }: SmtpSettings): Plugin {
  const transport = createTransport(url)
  return definePlugin({
    name: 'smtp',
    close: () => transport.close(),
    notifiers: [
      {
        id: 'smtp',
        check: () => Promise.reject(new Error('not yet')),
        sendTrialReminder: () => Promise.reject(new Error('not yet')),
        async sendInvitation(call, message) {
          const messageId = messageIdFor(call.idempotencyKey, from)
          const mail = {
            from,
            to: { name: message.to.name, address: message.to.email },
            ...renderInvitation(message),
            messageId: `<${messageId}>`,
            headers: { 'Auto-Submitted': 'auto-generated' },
          }
          await transport.send(mail, AbortSignal.any([call.signal, AbortSignal.timeout(patience)]))
          return { messageId }
        },
      },
    ],
  })
}

/** The same for every try of one intent, so that a mailbox can tell a repeated message. */
function messageIdFor(idempotencyKey: string, from: string): string {
  const domain = from.match(/@([^>\s]+)/)?.[1] ?? 'localhost'
  return `${idempotencyKey.replaceAll(':', '.')}@${domain}`
}
