import type { PasswordResetMessage } from '../plugin-contract.ts'
import { formatExpiry } from './invitation.ts'
import { render, type RenderedMessage } from './templates.ts'

/** The link to reset a password as a person reads it, with and without HTML. */
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
