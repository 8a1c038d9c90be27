import type { ParsedMail } from 'mailparser'
import type { EngineApi } from '../../stack/api.ts'
import { type Engine, reportsSecret } from '../../stack/engine.ts'

/** Finds every message to this address, in the order of arrival. */
export function mailsTo({ mailbox }: Pick<Engine, 'mailbox'>, email: string): ParsedMail[] {
  return mailbox.messages.filter((mail) => JSON.stringify(mail.to).includes(`"${email}"`))
}

/** Finds the link in the newest message to this address. */
export function linkIn(engine: Pick<Engine, 'mailbox'>, email: string): URL {
  return new URL(/http\S+/u.exec(mailsTo(engine, email).at(-1)?.text ?? '')?.[0] ?? '')
}

/** Sends the form of a password link, as the browser of a user does. @returns the HTTP status of the page. */
export async function setPassword(
  { app }: Pick<EngineApi, 'app'>,
  link: URL,
  password = 'correct horse battery',
): Promise<number> {
  const form = { token: link.searchParams.get('token') ?? '', password, confirmation: password }
  return (await postPasswordForm(app, form)).statusCode
}

/** Posts the form of the password page. */
export const postPasswordForm = (app: EngineApi['app'], form: Record<string, string>) =>
  app.inject({
    method: 'POST',
    url: '/set-password',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams(form).toString(),
  })

/** Posts a delivery report to the notifier `smtp`. The default header has the secret of the reports. */
export const postReport = (
  app: EngineApi['app'],
  payload: string | Buffer,
  authorization = `Bearer ${reportsSecret}`,
) =>
  app.inject({
    method: 'POST',
    url: '/v1/notifiers/smtp/webhooks',
    headers: { 'content-type': 'message/rfc822', authorization },
    payload,
  })
