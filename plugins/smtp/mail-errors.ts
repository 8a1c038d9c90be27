import { type StepError, stepError } from '../plugin-contract.ts'
import {
  mailDeferred,
  mailLoginRefused,
  mailOutcomeUnknown,
  mailRefused,
  mailUnreachable,
  recipientRefused,
} from './errors.ts'

/** An error of the SMTP client, with its code, the SMTP command that failed, and the reply code of the server, if any. */
interface MailError extends Error {
  code?: string
  command?: string
  responseCode?: number
}

/**
 * Returns the error of a failed message. The message was not sent if the server refused it, or if the connection failed before the
 * client sent the message. The outcome is unknown if the answer to the message itself is missing. The texts of the server are left
 * out, because they quote addresses.
 */
export function classifyMailError(cause: unknown, message: { maybeSent: boolean }): StepError {
  const error: MailError = cause instanceof Error ? cause : new Error('unknown')
  const reply = error.responseCode
  if (reply === undefined && message.maybeSent) return stepError(mailOutcomeUnknown)
  if (error.code === 'EAUTH') return stepError(mailLoginRefused)
  if (reply !== undefined && reply < 500) return stepError(mailDeferred, { parameters: { reply } })
  const parameters = { reply: reply ?? 'none' }
  if (error.command === 'RCPT TO') return unknownRecipient(parameters)
  // A refusal of the sender or of the message. Any other refusal concerns the whole connection.
  if (error.code === 'EENVELOPE' || error.code === 'EMESSAGE') return stepError(mailRefused, { parameters })
  return stepError(mailUnreachable)
}

function unknownRecipient(parameters: { reply: number | string }): StepError {
  const message = 'The mail server refused this address.'
  return stepError(recipientRefused, { parameters, fields: [{ pointer: '/user/email', message }] })
}
