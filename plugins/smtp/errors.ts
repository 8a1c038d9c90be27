import { defineError } from '../plugin-contract.ts'

export const mailOutcomeUnknown = defineError({
  code: 'mail_outcome_unknown',
  class: 'unknown_outcome',
  message: 'The mail server received the message, but its answer was lost. The message may have been sent.',
  nextAction:
    'Ask the user whether the message arrived. If it did, skip the step. If not, retry to send it again.',
})

export const mailLoginRefused = defineError({
  code: 'mail_login_refused',
  class: 'retryable',
  message: 'The mail server refused the login.',
  nextAction: 'Correct the user and the password in SMTP_URL, restart the workers, then retry.',
})

export const mailDeferred = defineError({
  code: 'mail_deferred',
  class: 'retryable',
  message: 'The mail server asked to try again later (SMTP reply {reply}).',
  nextAction: 'Check the mail server. If the step needs attention, retry.',
})

export const recipientRefused = defineError({
  code: 'recipient_refused',
  class: 'needs_input',
  namesFields: true,
  message: 'The mail server refused the address of the recipient (SMTP reply {reply}).',
  nextAction: 'Retry with a corrected `user.email` in `input`, or skip the message.',
})

export const mailRefused = defineError({
  code: 'mail_refused',
  class: 'needs_input',
  message: 'The mail server refused the sender or the message (SMTP reply {reply}).',
  nextAction:
    'Set MAIL_FROM to a sender that the mail server accepts, or correct the mail server. Restart the workers, then retry; or skip the message.',
})

export const mailUnreachable = defineError({
  code: 'mail_unreachable',
  class: 'retryable',
  message: 'The mail server could not be reached, or closed the connection before it accepted the message.',
  nextAction: 'Check SMTP_URL and the mail server. If the step needs attention, retry.',
})

export const webhookRefused = defineError({
  code: 'webhook_refused',
  class: 'terminal',
  message: 'The delivery report does not have the right secret.',
  nextAction: 'Send `Authorization: Bearer` with the value of MAIL_REPORTS_SECRET.',
})
