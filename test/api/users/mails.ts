import type { ParsedMail } from 'mailparser'
import type { EngineApi } from '../../stack/api.ts'
import type { Engine } from '../../stack/tenantry-command.ts'

/** Every message that arrived for this address, in order. */
export function mailsTo({ mailbox }: Pick<Engine, 'mailbox'>, email: string): ParsedMail[] {
  return mailbox.messages.filter((mail) => JSON.stringify(mail.to).includes(`"${email}"`))
}

/** The link in the newest message to this address. */
export function linkIn(engine: Pick<Engine, 'mailbox'>, email: string): URL {
  return new URL(/http\S+/u.exec(mailsTo(engine, email).at(-1)?.text ?? '')?.[0] ?? '')
}

/** Chooses a password with a link, as a person does. @returns the status of the page. */
export async function setPassword(
  { app }: Pick<EngineApi, 'app'>,
  link: URL,
  password = 'correct horse battery',
): Promise<number> {
  const form = { token: link.searchParams.get('token') ?? '', password, confirmation: password }
  const { statusCode } = await app.inject({
    method: 'POST',
    url: link.pathname,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams(form).toString(),
  })
  return statusCode
}
