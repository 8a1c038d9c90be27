import nodemailer from 'nodemailer'
import { StartFailure } from './failure.ts'

/**
 * Checks that a mail server of one's own takes our login. Nothing is sent.
 * @throws StartFailure in one line that shows no password.
 */
export async function checkMailServer(url: string): Promise<void> {
  const transport = nodemailer.createTransport({
    url,
    connectionTimeout: 5_000,
    greetingTimeout: 5_000,
    socketTimeout: 5_000,
    dnsTimeout: 5_000,
  })
  try {
    await transport.verify()
  } catch (error) {
    throw new StartFailure(
      `The mail server of SMTP_URL (${new URL(url).host}) cannot be used: ${reason(error)}`,
      'Start it or correct SMTP_URL; unset it to use the embedded mailbox',
    )
  } finally {
    transport.close()
  }
}

/** A server's own words may quote the login. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  if ('code' in error && error.code === 'EAUTH') return 'it refused the login'
  if ('responseCode' in error && typeof error.responseCode === 'number')
    return `it answered ${error.responseCode}`
  return error.message
}
