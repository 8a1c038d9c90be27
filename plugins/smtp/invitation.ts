import { fileURLToPath } from 'node:url'
import { Eta } from 'eta'
import type { InvitationMessage } from '../contract.ts'

const views = fileURLToPath(new URL('./templates/', import.meta.url))
const html = new Eta({ views, autoEscape: true, autoTrim: false, cache: true })
const text = new Eta({ views, autoEscape: false, autoTrim: false, cache: true })

const expiry = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' })

/** The invitation as a person reads it, with and without HTML. */
export function renderInvitation(message: InvitationMessage): {
  subject: string
  html: string
  text: string
} {
  const values = {
    name: message.to.name,
    organization: message.organizationName,
    link: message.passwordLink,
    expires: expiry.format(message.linkExpiresAt),
  }
  return {
    subject: `Choose your password for ${message.organizationName}`,
    html: html.render('./invitation-html', values),
    text: text.render('./invitation-text', values),
  }
}
