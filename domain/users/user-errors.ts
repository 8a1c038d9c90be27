import { defineError } from '../errors/error-declaration.ts'

export const emailTaken = defineError({
  code: 'email_taken',
  class: 'needs_input',
  field: true,
  namesFields: true,
  message: 'The email belongs to another user.',
  nextAction: 'Retry with another `user.email` in `input`, or cancel.',
})

export const invitationAccepted = defineError({
  code: 'invitation_accepted',
  class: 'terminal',
  status: 409,
  title: 'The user has accepted the invitation',
  message: 'The user has accepted the invitation, so only the user can change the email.',
  nextAction:
    'Cancel the run if it is open. To help the user sign in, send password instructions without `email`: the message goes to the email of the user.',
})

export const mailBounced = defineError({
  code: 'mail_bounced',
  message: 'The message was not delivered: {reason} (status code {status}).',
  nextAction: 'Send the message again to a corrected email, or once the mailbox accepts mail.',
})

export const mailExpired = defineError({
  code: 'mail_expired',
  message: 'The mail server gave up: the message could not be delivered in time (status code {status}).',
  nextAction: 'Send the message again once the mail server of the user can be reached, or to another email.',
})

export const userDeactivated = defineError({
  code: 'user_deactivated',
  class: 'terminal',
  status: 409,
  title: 'The user is deactivated',
  message: 'The user is deactivated and has no email.',
  nextAction: 'Give the user an email, which brings the user back: `PATCH /v1/users/:id` with `email`.',
})

/** In the result of a restore. */
export const formerEmailTaken = defineError({
  code: 'former_email_taken',
  message: 'The user stays deactivated, because another user has the email.',
  nextAction: 'Give the user another email, which brings the user back: `PATCH /v1/users/:id` with `email`.',
})
