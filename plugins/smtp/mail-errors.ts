import { StepError } from '../contract.ts'

/** What the SMTP client tells of a failure: its own code, the command it was at, and the server's reply code if any. */
interface MailError extends Error {
  code?: string
  command?: string
  responseCode?: number
}

/**
 * Whether a message may have gone out decides everything. Before the message was handed over, or when the server said
 * no in so many words, it did not; when the answer to the message itself is missing, nobody knows. The server's own
 * words are left out: they quote addresses.
 */
export function classifyMailError(cause: unknown): StepError {
  const error: MailError = cause instanceof Error ? cause : new Error('unknown')
  if (error.responseCode === undefined) return withoutReply(error)
  if (error.code === 'EAUTH') {
    return new StepError({
      class: 'retryable',
      code: 'mail_login_refused',
      message: 'The mail server refused the login.',
      nextAction: 'Correct user and password in SMTP_URL, restart, then retry.',
    })
  }
  if (error.responseCode < 500) {
    return new StepError({
      class: 'retryable',
      code: 'mail_deferred',
      message: `The mail server asked to try later (${error.responseCode}).`,
      nextAction: 'It is tried again by itself. If it stays so, look at the mail server.',
    })
  }
  if (error.command === 'RCPT TO') {
    return new StepError({
      class: 'needs_input',
      code: 'recipient_refused',
      message: `The mail server refuses this recipient (${error.responseCode}).`,
      nextAction: 'Retry with a corrected email, or skip the message.',
      fields: [{ pointer: '/user/email', message: 'The mail server refuses this address.' }],
    })
  }
  return new StepError({
    class: 'needs_input',
    code: 'mail_refused',
    message: `The mail server refused the message (${error.responseCode}).`,
    nextAction: 'Look at MAIL_FROM and at the mail server, then retry.',
  })
}

/** The commands before the message itself: when one of them fails, nothing was handed over. */
const beforeMessage = new Set(['CONN', 'EHLO', 'HELO', 'STARTTLS', 'AUTH', 'MAIL FROM', 'RCPT TO', 'API'])
const neverConnected = new Set(['EDNS', 'ECONNECTION', 'ECONNREFUSED', 'ENOTFOUND'])

function withoutReply(error: MailError): StepError {
  if (neverConnected.has(error.code ?? '') || beforeMessage.has(error.command ?? '')) {
    return new StepError({
      class: 'retryable',
      code: 'mail_unreachable',
      message: 'The mail server could not be reached.',
      nextAction: 'It is tried again by itself. If it stays so, look at SMTP_URL and at the mail server.',
    })
  }
  return new StepError({
    class: 'unknown_outcome',
    code: 'mail_outcome_unknown',
    message:
      'The message was handed over and the mail server’s answer was lost: it may or may not have been sent.',
    nextAction: 'Ask the user whether it arrived. Retry sends it again; skip leaves it.',
  })
}
