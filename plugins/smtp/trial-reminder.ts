import type { TrialReminderMessage } from '../plugin-contract.ts'
import { render, type RenderedMessage } from './templates.ts'

const lastDay = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' })

/** Renders the reminder that a trial ends soon, as HTML and as text. */
export function renderTrialReminder(message: TrialReminderMessage): RenderedMessage {
  const ends = lastDay.format(message.trialEndsAt)
  return {
    subject: `The trial of ${message.organizationName} ends on ${ends}`,
    ...render('trial-reminder', { name: message.to.name, organization: message.organizationName, ends }),
  }
}
