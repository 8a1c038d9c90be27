import type { InvitationMessage } from '../plugin-contract.ts'
import { render, type RenderedMessage } from './templates.ts'

const expiry = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' })

/** The invitation as a person reads it, with and without HTML. */
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

/** Until when a link works, for people: in UTC, which the templates say. */
export function formatExpiry(time: Date): string {
  return expiry.format(time)
}
