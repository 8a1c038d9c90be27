import { StepError } from '../plugin-contract.ts'

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
export function classifyMailError(cause: unknown, message: { handedOver: boolean }): StepError {
  const error: MailError = cause instanceof Error ? cause : new Error('unknown')
  const reply = error.responseCode
  if (reply === undefined && message.handedOver) return outcomeUnknown()
  if (error.code === 'EAUTH') return loginRefused()
  if (reply !== undefined && reply < 500) return deferred(reply)
  if (error.command === 'RCPT TO') return recipientRefused(reply)
  // Of the sender or the message itself. Any other refusal is of the conversation as a whole.
  if (error.code === 'EENVELOPE' || error.code === 'EMESSAGE') return messageRefused(reply)
  return unreachable()
}

function outcomeUnknown(): StepError {
  return new StepError({
    class: 'unknown_outcome',
    code: 'mail_outcome_unknown',
    message:
      'The message was handed over and the mail server’s answer was lost: it may or may not have been sent.',
    nextAction: 'Ask the user whether it arrived. If so, skip the step; if not, retry, which sends it again.',
  })
}

function loginRefused(): StepError {
  return new StepError({
    class: 'retryable',
    code: 'mail_login_refused',
    message: 'The mail server refused the login.',
    nextAction: 'Correct user and password in SMTP_URL, restart the workers, then retry.',
  })
}

function deferred(reply: number): StepError {
  return new StepError({
    class: 'retryable',
    code: 'mail_deferred',
    message: `The mail server asked to try later (${reply}).`,
    nextAction: 'Look at the mail server; then retry if it needs attention.',
  })
}

function recipientRefused(reply: number | undefined): StepError {
  return new StepError({
    class: 'needs_input',
    code: 'recipient_refused',
    message: `The mail server refuses this recipient${inBrackets(reply)}.`,
    nextAction: 'Retry with `user.email` corrected, as input, or skip the message.',
    fields: [{ pointer: '/user/email', message: 'The mail server refuses this address.' }],
  })
}

function messageRefused(reply: number | undefined): StepError {
  return new StepError({
    class: 'needs_input',
    code: 'mail_refused',
    message: `The message was refused${inBrackets(reply)}.`,
    nextAction:
      'Correct MAIL_FROM, or what the mail server takes from it, restart the workers, then retry; or skip the message.',
  })
}

function unreachable(): StepError {
  return new StepError({
    class: 'retryable',
    code: 'mail_unreachable',
    message: 'The mail server could not be reached, or broke off before it took the message.',
    nextAction: 'Look at SMTP_URL and at the mail server; then retry if it needs attention.',
  })
}

function inBrackets(reply: number | undefined): string {
  return reply === undefined ? '' : ` (${reply})`
}
