import type { DeliveryReport, Notifier, WebhookRequest } from '../plugin-contract.ts'
import { type Check, ensure, ensureSame, shown } from './check.ts'
import { ending, failureOf } from './failures.ts'
import { aCall, sends } from './notifier-sends.ts'
import { limit, type NotifierSubject, withNotifier } from './notifier-subject.ts'

const email = 'ada@conformance.example'
const member = 'parseDeliveryReports'

/** What a provider tells later is understood when it is the provider's, and about which message it is. */
export function reportRules(subject: NotifierSubject): Check[] {
  const { reports } = subject
  const presence: Check = {
    name: `${member} is there when the subject says how reports look, and only then`,
    run: () =>
      withNotifier(subject.connect(subject.providerUrl), async ({ parseDeliveryReports }) => {
        ensureSame(parseDeliveryReports !== undefined, reports !== undefined, `${member} is there`)
      }),
  }
  if (reports === undefined) return [presence]
  return [
    presence,
    {
      name: `${member} knows a message that came back by what sending it answered`,
      run: () =>
        withNotifier(subject.connect(subject.providerUrl), async (notifier) => {
          for (const [name, send] of Object.entries(sends)) {
            const { messageId } = await send(notifier, aCall(), email)
            const read = await reading(subject, notifier, reports.bounced({ messageId, email }))
            const when = `For a message of ${name} that came back, ${member}`
            ensure(read.length === 1, `${when} answers ${read.length} reports instead of one.`)
            ensureSame(read[0]?.messageId, messageId, `${when}: the message id`)
            ensureSame(read[0]?.status, 'bounced', `${when}: the status`)
            ensure(!shown(read).includes(email), `${when} quotes the address.`)
          }
        }),
    },
    {
      name: `${member} refuses what somebody else sent`,
      run: () =>
        withNotifier(subject.connect(subject.providerUrl), async (notifier) => {
          const request = reports.forged({ messageId: 'conformance@conformance.example', email })
          const when = `For a report by somebody else, ${member}`
          const error = await failureOf(() => reading(subject, notifier, request), {
            when,
            classes: ['terminal'],
            secrets: [...subject.secrets, email],
            within: limit(subject),
          })
          ensureSame(error.code, 'webhook_refused', `${when}: the code`)
        }),
    },
    {
      name: `${member} passes over what is no report`,
      run: () =>
        withNotifier(subject.connect(subject.providerUrl), async (notifier) => {
          const read = await reading(subject, notifier, reports.unrelated())
          ensureSame(read, [], `For what is no report, ${member}`)
        }),
    },
  ]
}

async function reading(
  subject: NotifierSubject,
  notifier: Notifier,
  request: WebhookRequest,
): Promise<DeliveryReport[]> {
  const { parseDeliveryReports } = notifier
  ensure(parseDeliveryReports !== undefined, `The notifier has no ${member}.`)
  return ending(() => parseDeliveryReports.call(notifier, request), {
    when: `In ${member}`,
    within: limit(subject),
  })
}
