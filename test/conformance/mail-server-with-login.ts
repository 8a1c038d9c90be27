import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'

const password = 'password-of-the-mailbox'
const unknownRecipient = 'nobody@conformance.example'

/** Starts a mail server that requires a login, refuses one recipient, and counts the messages that it accepts. */
export async function startMailServerWithLogin() {
  let messages = 0
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    closeTimeout: 50,
    onAuth(auth, _session, done) {
      if (auth.password === password) done(null, { user: auth.username })
      else done(Object.assign(new Error('Wrong password'), { responseCode: 535 }))
    },
    onRcptTo({ address }, _session, done) {
      done(address === unknownRecipient ? Object.assign(new Error('Nobody'), { responseCode: 550 }) : null)
    },
    onData(stream, _session, done) {
      stream.resume().on('end', () => {
        messages += 1
        done()
      })
    },
  })
  server.on('error', () => undefined)
  const listening = server.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  return {
    url: `smtp://127.0.0.1:${(listening.address() as AddressInfo).port}`,
    password,
    unknownRecipient,
    messages: () => messages,
    stop: () => new Promise<void>((resolve) => server.close(resolve)),
  }
}

export type MailServerWithLogin = Awaited<ReturnType<typeof startMailServerWithLogin>>
