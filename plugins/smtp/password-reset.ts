import type { PasswordResetMessage } from '../plugin-contract.ts'
import { formatExpiry } from './invitation.ts'
import { render, type RenderedMessage } from './templates.ts'

/** Renders the message with the link to reset a password, as HTML and as text. */
export function renderPasswordReset(message: PasswordResetMessage): RenderedMessage {
  return {
    subject: `Reset your password for ${message.organizationName}`,
    ...render('password-reset', {
      name: message.to.name,
      organization: message.organizationName,
      link: message.passwordLink,
      expires: formatExpiry(message.linkExpiresAt),
    }),
  }
}
