import { type CallContext, definePlugin, type Plugin } from '../plugin-contract.ts'
import { deliveryReportReader } from './read-delivery-report.ts'
import { renderInvitation } from './invitation.ts'
import { messageIdFor } from './message-id.ts'
import { renderPasswordReset } from './password-reset.ts'
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
  /** What a mail server that pipes in messages which came back has to know. Left out: none are taken. */
  reportsSecret?: string
}

/** Messages by SMTP. */
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
      // So that what comes back is small, and names the message also where its headers are left out.
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
        sendInvitation: (call, message) => send(call, message.to, renderInvitation(message)),
        sendPasswordReset: (call, message) => send(call, message.to, renderPasswordReset(message)),
        sendTrialReminder: (call, message) => send(call, message.to, renderTrialReminder(message)),
        parseDeliveryReports:
          reportsSecret === undefined ? undefined : deliveryReportReader({ secret: reportsSecret, from }),
      },
    ],
  })
}
