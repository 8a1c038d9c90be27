import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import nodemailer from 'nodemailer'
import type { MailOptions } from 'nodemailer/lib/smtp-pool/index.js'
import { rejectedOnAbort, withDeadline } from '../plugin-contract.ts'
import { classifyMailError } from './mail-errors.ts'

/** A connection pool to the mail server. */
export interface MailTransport {
  /** Connects and logs in, without sending a message. @throws StepError when the server is down or refuses the login. */
  check(signal: AbortSignal): Promise<void>
  /** Sends a message. @throws StepError whose class tells whether the message may have been sent. */
  send(mail: MailOptions, signal: AbortSignal): Promise<void>
  close(): void
}

/** A message with its byte stream, which the client reads when the server asks for the message. */
interface TrackedMail extends MailOptions {
  sending: { bytes?: Readable }
}

/** @param patience the milliseconds for one message or one check. */
export function createTransport(url: string, patience: number): MailTransport {
  const pool = nodemailer.createTransport({
    url,
    pool: true,
    maxConnections: 5,
    // The pool repeats a message once, and only before its bytes were read. The engine makes all other attempts.
    maxRequeues: 1,
    connectionTimeout: 4_000,
    greetingTimeout: 4_000,
    socketTimeout: 10_000,
    dnsTimeout: 4_000,
    // Our messages need no files and no URLs.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  // The error for a lost connection does not tell whether the message was sent. But the client reads the bytes of the message only
  // after the server asks for them, so an unread stream means that the message was not sent.
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
        // `verify` takes no signal. An abandoned connection ends by its own time limits.
        await withDeadline({ milliseconds: patience, signal }, (deadline) =>
          Promise.race([pool.verify(), rejectedOnAbort(deadline)]),
        )
      } catch (error) {
        throw classifyMailError(error, { maybeSent: false })
      }
    },
    async send(mail, signal) {
      const sending: TrackedMail['sending'] = {}
      try {
        await withDeadline({ milliseconds: patience, signal }, (deadline) =>
          pool.sendMail({ ...mail, signal: deadline, sending } as TrackedMail),
        )
      } catch (error) {
        const maybeSent = sending.bytes?.readableDidRead === true
        throw classifyMailError(error, { maybeSent })
      }
    },
    close: () => pool.close(),
  }
}

/** Joins the small chunks of a message, because each chunk would need a packet of its own. */
async function* inOnePiece(bytes: Readable): AsyncGenerator<Buffer> {
  yield await buffer(bytes)
}
