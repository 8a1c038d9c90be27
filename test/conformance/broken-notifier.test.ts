import { randomUUID } from 'node:crypto'
import { afterAll } from 'vitest'
import { notifierChecks } from '../../plugins/conformance/kits.ts'
import {
  type CallContext,
  type DeliveryReport,
  type Notifier,
  StepError,
} from '../../plugins/plugin-contract.ts'
import { startMailServerWithLogin } from './mail-server-with-login.ts'
import { type Faults, testFaults, withError, withPlugin } from './broken.ts'
import { smtpSubject } from './subjects/smtp-subject.ts'

const server = await startMailServerWithLogin()
afterAll(() => server.stop())

type Break = (notifier: Notifier) => Partial<Notifier>
/** Sends the message of the call. */
type Send = (call: CallContext) => Promise<{ messageId: string }>

/** Breaks a notifier by another way to send every message. */
const sendingAs =
  (send: (original: Send, call: CallContext, email: string) => ReturnType<Send>): Break =>
  (notifier) => ({
    sendInvitation: (call, message) =>
      send((each) => notifier.sendInvitation(each, message), call, message.to.email),
    sendPasswordReset: (call, message) =>
      send((each) => notifier.sendPasswordReset(each, message), call, message.to.email),
    sendTrialReminder: (call, message) =>
      send((each) => notifier.sendTrialReminder(each, message), call, message.to.email),
  })

const failing = (change: Parameters<typeof withError>[1]): Break =>
  sendingAs((send, call) => withError(send(call), change))

const checksNothing: Break = () => ({ check: async () => undefined })

const checkFaults: Faults<Break> = {
  'check succeeds when the server is up, and sends nothing': {
    'sends a message in check': [
      (notifier) => ({
        async check(signal) {
          await notifier.sendTrialReminder(
            { idempotencyKey: randomUUID(), signal },
            {
              to: { name: 'Ada', email: 'ada@conformance.example' },
              organizationName: 'Contoso',
              trialEndsAt: new Date(),
            },
          )
        },
      }),
      /check: expected no effect, and counted 1/,
    ],
  },
  'check fails when the server is down': {
    'checks nothing': [checksNothing, /down, in check, .*the call succeeded/],
  },
  'check fails when the credentials are wrong': {
    'checks nothing': [checksNothing, /in check, .*the call succeeded/],
  },
}

const sendFaults = (name: string): Faults<Break> => ({
  [`${name} sends one message per call, and returns the same message id for the same key`]: {
    'sends twice': [
      sendingAs(async (send, call) => {
        await send(call)
        return send(call)
      }),
      /: expected one effect, and counted 2/,
    ],
    'has another message id for each attempt': [
      sendingAs((send, call) => send({ ...call, idempotencyKey: randomUUID() })),
      /The message id for the same key: expected/,
    ],
  },
  [`${name} to a refused address needs input, and names the field`]: {
    'makes a refused address retryable': [failing({ class: 'retryable' }), /class is "retryable"/],
    'names no field': [
      sendingAs((send, call) =>
        send(call).catch((error: { fields: unknown[] }) => {
          error.fields.length = 0
          throw error
        }),
      ),
      /names no field to correct/,
    ],
  },
  [`${name} is retryable when the server is down`]: {
    'makes a server that is down terminal': [failing({ class: 'terminal' }), /down, .*class is "terminal"/],
    'quotes an address': [
      sendingAs((send, call, email) => withError(send(call), { message: `Not sent to ${email}.` })),
      /quotes a secret/,
    ],
  },
  [`${name} with wrong credentials is not terminal, so it can be retried with correct ones`]: {
    'makes wrong credentials terminal': [
      failing({ class: 'terminal' }),
      /wrong credentials, .*class is "terminal"/,
    ],
  },
  [`${name} with an answer lost after the message was sent has an unknown outcome, and sends it once`]: {
    'makes a lost answer retryable': [failing({ class: 'retryable' }), /class is "retryable"/],
    'sends again after a lost answer': [
      sendingAs((send, call) =>
        send(call).catch(async (error: unknown) => {
          await send(call)
          throw error
        }),
      ),
      /expected one effect, and counted 2/,
    ],
  },
  [`${name} with a late answer has an unknown outcome, and sends the message once`]: {
    'makes a late answer retryable': [failing({ class: 'retryable' }), /class is "retryable"/],
  },
  [`${name} with a signal that has aborted sends nothing`]: {
    'ignores the signal': [
      sendingAs((send, call) => send({ ...call, signal: new AbortController().signal })),
      /had aborted, in send.*, the call succeeded/,
    ],
  },
})

/** Breaks a notifier by another way to read every delivery report. */
const readingAs =
  (read: (original: () => Promise<DeliveryReport[]>) => Promise<DeliveryReport[]>): Break =>
  (notifier) => ({
    parseDeliveryReports: (request) =>
      read(async () => (await notifier.parseDeliveryReports?.(request)) ?? []),
  })

/** Breaks a notifier by a change of every delivery report. */
const reporting = (change: Partial<DeliveryReport>): Break =>
  readingAs(async (read) => (await read()).map((report) => ({ ...report, ...change })))

const reportFaults: Faults<Break> = {
  'parseDeliveryReports is defined exactly when the subject has reports': {
    'does not read the reports of its provider': [
      () => ({ parseDeliveryReports: undefined }),
      /is defined: expected true/,
    ],
  },
  'parseDeliveryReports names a bounced message by the id that sending it returned': {
    'ignores a report': [readingAs(async () => []), /returned 0 reports/],
    'reads another message id': [reporting({ messageId: 'another' }), /the message id: expected/],
    'reads a bounce as a delay': [reporting({ status: 'delayed' }), /the status: expected "bounced"/],
    'passes on an address in a report': [
      reporting({ code: 'ada@conformance.example' }),
      /quoted the address/,
    ],
  },
  'parseDeliveryReports refuses a forged report': {
    'accepts a forged report': [readingAs((read) => read().catch(() => [])), /the call succeeded/],
    'refuses a forged report with another code': [
      readingAs(async () => {
        throw new StepError({ class: 'terminal', code: 'unlucky', message: 'No.', nextAction: 'Wait.' })
      }),
      /the code: expected "webhook_refused"/,
    ],
  },
  'parseDeliveryReports ignores a request that is not a report': {
    'reads every message as a report': [
      readingAs(async () => [{ messageId: '1', status: 'delivered', code: null }]),
      /For a request that is not a report, .*expected \[\]/,
    ],
  },
}

const subject = smtpSubject(server)
const faults = [
  checkFaults,
  ...['sendInvitation', 'sendPasswordReset', 'sendTrialReminder'].map(sendFaults),
  reportFaults,
]
testFaults('a notifier', faults, notifierChecks(subject), (change) =>
  notifierChecks(
    withPlugin(subject, (plugin) => ({
      ...plugin,
      notifiers: (plugin.notifiers ?? []).map((notifier) => ({ ...notifier, ...change(notifier) })),
    })),
  ),
)
