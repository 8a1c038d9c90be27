import type { DeliveryReport, Notifier, WebhookRequest } from '../../plugin-contract.ts'
import { asText, type Check, ensure, ensureSame } from '../check.ts'
import { failureOf, limitsOf, withinTime } from '../faults/failures.ts'
import { newCall, sends } from './notifier-sends.ts'
import { checkWith, type NotifierSubject } from './notifier-subject.ts'

const email = 'ada@conformance.example'
const member = 'parseDeliveryReports'

/** Rules for delivery reports: a report of the provider names its message, and any other request is refused or ignored. */
export function reportRules(subject: NotifierSubject): Check[] {
  const { reports } = subject
  const definedOrNot = checkWith(
    subject,
    `${member} is defined exactly when the subject has reports`,
    async ({ parseDeliveryReports }) =>
      ensureSame(parseDeliveryReports !== undefined, reports !== undefined, `${member} is defined`),
  )
  if (reports === undefined) return [definedOrNot]
  return [
    definedOrNot,
    checkWith(
      subject,
      `${member} names a bounced message by the id that sending it returned`,
      async (notifier) => {
        for (const [name, send] of Object.entries(sends)) {
          const { messageId } = await send(notifier, newCall(), email)
          const read = await readReports(subject, notifier, reports.bounced({ messageId, email }))
          const when = `For a bounced message of ${name}, ${member}`
          ensure(read.length === 1, `${when} returned ${read.length} reports instead of one.`)
          ensureSame(read[0]?.messageId, messageId, `${when}: the message id`)
          ensureSame(read[0]?.status, 'bounced', `${when}: the status`)
          ensure(!asText(read).includes(email), `${when} quoted the address.`)
        }
      },
    ),
    checkWith(subject, `${member} refuses a forged report`, async (notifier) => {
      const request = reports.forged({ messageId: 'conformance@conformance.example', email })
      const when = `For a forged report, ${member}`
      const error = await failureOf(() => readReports(subject, notifier, request), {
        when,
        classes: ['terminal'],
        ...limitsOf(subject),
        secrets: [...subject.secrets, email],
      })
      ensureSame(error.code, 'webhook_refused', `${when}: the code`)
    }),
    checkWith(subject, `${member} ignores a request that is not a report`, async (notifier) => {
      const read = await readReports(subject, notifier, reports.unrelated())
      ensureSame(read, [], `For a request that is not a report, ${member}`)
    }),
  ]
}

async function readReports(
  subject: NotifierSubject,
  notifier: Notifier,
  request: WebhookRequest,
): Promise<DeliveryReport[]> {
  const { parseDeliveryReports } = notifier
  ensure(parseDeliveryReports !== undefined, `The notifier has no ${member}.`)
  return withinTime(() => parseDeliveryReports.call(notifier, request), {
    when: `In ${member}`,
    within: limitsOf(subject).within,
  })
}
