import type { NotifierSubject } from '../../../plugins/conformance/kits.ts'
import { smtp } from '../../../plugins/smtp/plugin.ts'
import { postfixReport } from '../../builders/delivery-status-mail.ts'
import type { MailServerWithLogin } from '../mail-server-with-login.ts'

const patience = 700
const wrongPassword = 'wrong-password'
const reportsSecret = 'secret-of-the-mail-reports-of-the-kit'

const reportBy = (secret: string, body: string) => ({ headers: { authorization: `Bearer ${secret}` }, body })

/** The notifier `smtp`, connected to a mail server that requires a login. */
export function smtpSubject(server: MailServerWithLogin): NotifierSubject {
  const connect = (url: string, password: string) =>
    smtp({
      url: url.replace('//', `//tenantry:${password}@`),
      from: 'no-reply@tenantry.example',
      patience,
      reportsSecret,
    })
  return {
    providerUrl: server.url,
    connect: (url) => connect(url, server.password),
    connectWithWrongCredentials: (url) => connect(url, wrongPassword),
    countEffects: async () => server.messages(),
    unknownRecipient: server.unknownRecipient,
    secrets: [server.password, wrongPassword, reportsSecret],
    reports: {
      bounced: (message) => reportBy(reportsSecret, postfixReport(message)),
      forged: (message) => reportBy('a guess', postfixReport(message)),
      unrelated: () => reportBy(reportsSecret, 'Subject: Out of office\r\n\r\nBack in May.\r\n'),
    },
    patience,
  }
}
