import { type CallContext, definePlugin, type Plugin } from '../plugin-contract.ts'
import { deliveryReportReader } from './read-delivery-report.ts'
import { messageIdFor } from './message-id.ts'
import { type RenderedMessage, renderLink, renderTrialReminder } from './templates.ts'
import { createTransport } from './transport.ts'

export interface SmtpSettings {
  /** The address of the mail server, such as `smtp://user:password@host:587`. */
  url: string
  /** The sender: an address, with or without a name. */
  from: string
  /**
   * The milliseconds for one message or one check. Set it below the timeout of the step, because only the plug-in knows whether the
   * message may have been sent. Default: 12,000.
   */
  patience?: number
  /** The secret with which a mail server posts delivery reports. Default: the plug-in accepts no delivery reports. */
  reportsSecret?: string
}

export function smtp({ url, from, patience = 12_000, reportsSecret }: SmtpSettings): Plugin {
  const transport = createTransport(url, patience)
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
      // Reports then contain only headers, and the envelope id names the message even without them.
      dsn: { ret: 'HDRS' as const, envid: call.idempotencyKey, notify: ['failure' as const] },
    }
    await transport.send(mail, call.signal)
    return { messageId }
  }
  return definePlugin({
    name: 'smtp',
    close: () => transport.close(),
    notifiers: [
      {
        id: 'smtp',
        check: transport.check,
        sendInvitation: (call, message) => send(call, message.to, renderLink('invitation', message)),
        sendPasswordReset: (call, message) => send(call, message.to, renderLink('password-reset', message)),
        sendTrialReminder: (call, message) => send(call, message.to, renderTrialReminder(message)),
        parseDeliveryReports:
          reportsSecret === undefined ? undefined : deliveryReportReader({ secret: reportsSecret, from }),
      },
    ],
  })
}
