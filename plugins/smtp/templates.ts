import { fileURLToPath } from 'node:url'
import { Eta } from 'eta'
import type { InvitationMessage, TrialReminderMessage } from '../plugin-contract.ts'

const views = fileURLToPath(new URL('./templates/', import.meta.url))
const html = new Eta({ views, autoEscape: true, autoTrim: false, cache: true })
const text = new Eta({ views, autoEscape: false, autoTrim: false, cache: true })

// The templates add the time zone.
const expiry = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' })
const lastDay = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' })

export interface RenderedMessage {
  subject: string
  html: string
  text: string
}

/** Renders a message with a link to choose or to reset a password. */
export function renderLink(
  name: 'invitation' | 'password-reset',
  { to, organizationName: organization, passwordLink: link, linkExpiresAt }: InvitationMessage,
): RenderedMessage {
  const subject = `${name === 'invitation' ? 'Choose' : 'Reset'} your password for ${organization}`
  const expires = expiry.format(linkExpiresAt)
  return { subject, ...render(name, { name: to.name, organization, link, expires }) }
}

export function renderTrialReminder({
  to,
  organizationName: organization,
  trialEndsAt,
}: TrialReminderMessage): RenderedMessage {
  const ends = lastDay.format(trialEndsAt)
  const subject = `The trial of ${organization} ends on ${ends}`
  return { subject, ...render('trial-reminder', { name: to.name, organization, ends }) }
}

/** Renders the two templates of a message, `{name}-html.eta` and `{name}-text.eta`. */
function render(name: string, values: Record<string, string>): { html: string; text: string } {
  return { html: html.render(`./${name}-html`, values), text: text.render(`./${name}-text`, values) }
}
