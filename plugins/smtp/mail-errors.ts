import { type StepError, stepError } from '../plugin-contract.ts'
import {
  mailDeferred,
  mailLoginRefused,
  mailOutcomeUnknown,
  mailRefused,
  mailUnreachable,
  recipientRefused,
} from './errors.ts'

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
  if (reply === undefined && message.handedOver) return stepError(mailOutcomeUnknown)
  if (error.code === 'EAUTH') return stepError(mailLoginRefused)
  if (reply !== undefined && reply < 500) return stepError(mailDeferred, { parameters: { reply } })
  const parameters = { reply: reply ?? 'none' }
  if (error.command === 'RCPT TO') return unknownRecipient(parameters)
  // Of the sender or the message itself. Any other refusal is of the conversation as a whole.
  if (error.code === 'EENVELOPE' || error.code === 'EMESSAGE') return stepError(mailRefused, { parameters })
  return stepError(mailUnreachable)
}

function unknownRecipient(parameters: { reply: number | string }): StepError {
  const message = 'The mail server refused this address.'
  return stepError(recipientRefused, { parameters, fields: [{ pointer: '/user/email', message }] })
}
