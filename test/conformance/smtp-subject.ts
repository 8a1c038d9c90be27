import type { NotifierSubject } from '../../plugins/conformance/index.ts'
import { smtp } from '../../plugins/smtp/plugin.ts'
import type { AskingMailServer } from './asking-mail-server.ts'

const patience = 700
const wrongPassword = 'wrong-password'

/** The notifier `smtp` in front of a mail server that asks for a login. */
export function smtpSubject(server: AskingMailServer): NotifierSubject {
  const connect = (url: string, password: string) =>
    smtp({ url: url.replace('//', `//tenantry:${password}@`), from: 'no-reply@tenantry.example', patience })
  return {
    providerUrl: server.url,
    connect: (url) => connect(url, server.password),
    connectWithWrongCredentials: (url) => connect(url, wrongPassword),
    countEffects: async () => server.messages(),
    unknownRecipient: server.unknownRecipient,
    secrets: [server.password, wrongPassword],
    patience,
  }
}
