import type { InvitationMessage } from '../plugin-contract.ts'
import { render, type RenderedMessage } from './templates.ts'

const expiry = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' })

/** Renders the invitation as HTML and as text. */
export function renderInvitation(message: InvitationMessage): RenderedMessage {
  return {
    subject: `Choose your password for ${message.organizationName}`,
    ...render('invitation', {
      name: message.to.name,
      organization: message.organizationName,
      link: message.passwordLink,
      expires: formatExpiry(message.linkExpiresAt),
    }),
  }
}

/** Formats the time when a link expires, in UTC. The templates add the time zone. */
export function formatExpiry(time: Date): string {
  return expiry.format(time)
}
