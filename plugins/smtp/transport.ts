import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import nodemailer from 'nodemailer'
import type { MailOptions } from 'nodemailer/lib/smtp-pool/index.js'
import { rejectedOnAbort, withDeadline } from '../plugin-contract.ts'
import { classifyMailError } from './mail-errors.ts'

export interface MailTransport {
  /** Connects and logs in; nothing is sent. @throws StepError saying what the server did instead of taking the login. */
  check(signal: AbortSignal): Promise<void>
  /** @throws StepError saying whether the message may have gone out. */
  send(mail: MailOptions, signal: AbortSignal): Promise<void>
  close(): void
}

/** A mail on its way, with the stream that its bytes are read from once the server asks for them. */
interface TrackedMail extends MailOptions {
  sending: { bytes?: Readable }
}

/**
 * A pooled connection to the mail server. Every wait has an end, well before the step's own.
 * @param patience milliseconds after which a message, or a check, is given up.
 */
export function createTransport(url: string, patience: number): MailTransport {
  const pool = nodemailer.createTransport({
    url,
    pool: true,
    maxConnections: 5,
    // A message is put back only while nobody has read it; more tries are the step's own matter.
    maxRequeues: 1,
    connectionTimeout: 4_000,
    greetingTimeout: 4_000,
    socketTimeout: 10_000,
    dnsTimeout: 4_000,
    // Message bodies are ours: nothing is read from a disk or fetched for them.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  // A lost connection reads the same at every moment of the conversation, so the client's error can't tell whether the
  // message was handed over. Whether its bytes were read can: nobody reads them before the server says to go on.
  pool.use('stream', (mail, done) => {
    const { sending } = mail.data as TrackedMail
    mail.message.processFunc((bytes: Readable) => {
      sending.bytes = Readable.from(inOnePiece(bytes), { objectMode: false })
      return sending.bytes
    })
    done()
  })
  return {
    async check(signal) {
      try {
        // The client takes no signal for this; a connection that is given up ends by its own time limits.
        await withDeadline({ milliseconds: patience, signal }, (ending) =>
          Promise.race([pool.verify(), rejectedOnAbort(ending)]),
        )
      } catch (error) {
        throw classifyMailError(error, { handedOver: false })
      }
    },
    async send(mail, signal) {
      const sending: TrackedMail['sending'] = {}
      try {
        await withDeadline({ milliseconds: patience, signal }, (ending) =>
          pool.sendMail({ ...mail, signal: ending, sending } as TrackedMail),
        )
      } catch (error) {
        const handedOver = sending.bytes?.readableDidRead === true
        throw classifyMailError(error, { handedOver })
      }
    },
    close: () => pool.close(),
  }
}

/** A message is written in many small pieces, and each would cost a packet of its own. */
async function* inOnePiece(bytes: Readable): AsyncGenerator<Buffer> {
  yield await buffer(bytes)
}
