import { definePlugin, type Plugin } from '../contract.ts'
import { renderInvitation } from './invitation.ts'
import { classifyMailError } from './mail-errors.ts'
import { createTransport } from './transport.ts'

/**
 * Messages by SMTP.
 * @param settings `url` such as `smtp://user:password@host:587`; `from` the sender, with or without a name.
 */
export function smtp(settings: { url: string; from: string }): Plugin {
  const transport = createTransport(settings.url)
  return definePlugin({
    name: 'smtp',
    close: () => transport.close(),
    notifiers: [
      {
        id: 'smtp',
        async sendInvitation(call, message) {
          const messageId = messageIdFor(call.idempotencyKey, settings.from)
          const { html, text, subject } = renderInvitation(message)
          try {
            await transport.sendMail({
              from: settings.from,
              to: { name: message.to.name, address: message.to.email },
              subject,
              html,
              text,
              messageId: `<${messageId}>`,
              headers: { 'Auto-Submitted': 'auto-generated' },
            })
          } catch (error) {
            throw classifyMailError(error)
          }
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
