import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'

/** Starts an SMTP server that keeps the messages that arrive. */
export async function startTestMailbox() {
  const messages: ParsedMail[] = []
  const unknownRecipients = new Set<string>()
  const create = () =>
    new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      closeTimeout: 50,
      onRcptTo({ address }, _session, done) {
        const refusal = Object.assign(new Error('No such mailbox'), { responseCode: 550 })
        done(unknownRecipients.has(address) ? refusal : null)
      },
      onData(stream, _session, done) {
        simpleParser(stream).then((mail) => {
          messages.push(mail)
          done()
        }, done)
      },
    })
  let server = create()
  const listen = async (port: number): Promise<number> => {
    server.on('error', () => undefined)
    const listening = server.listen(port, '127.0.0.1')
    await once(listening, 'listening')
    return (listening.address() as AddressInfo).port
  }
  const port = await listen(0)
  return {
    url: `smtp://127.0.0.1:${port}`,
    /** The messages that arrived, in order. */
    messages,
    /** The addresses that the server refuses. */
    unknownRecipients,
    /** Closes the port, as a mail server that is down does. */
    goDown: () => new Promise<void>((resolve) => server.close(() => resolve())),
    async comeBack(): Promise<void> {
      server = create()
      await listen(port)
    },
  }
}
