import { randomUUID } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { notifierChecks, type NotifierSubject } from '../../plugins/conformance/kits.ts'
import {
  type CallContext,
  type DeliveryReport,
  type Notifier,
  type Plugin,
  StepError,
  type WebhookRequest,
} from '../../plugins/plugin-contract.ts'
import { startMailServerWithLogin } from './mail-server-with-login.ts'
import { withError, resultOf } from './broken.ts'
import { smtpSubject } from './subjects/smtp-subject.ts'

const server = await startMailServerWithLogin()
afterAll(() => server.stop())

type Break = (notifier: Notifier) => Partial<Notifier>
/** Sends the message of the call. */
type Send = (call: CallContext) => Promise<{ messageId: string }>

/** The subject `smtp` with a broken notifier. */
function brokenBy(change: Break): NotifierSubject {
  const subject = smtpSubject(server)
  const breaking = (plugin: Plugin): Plugin => {
    const notifiers = plugin.notifiers?.map((notifier) => ({ ...notifier, ...change(notifier) }))
    return { ...plugin, notifiers: notifiers ?? [] }
  }
  return {
    ...subject,
    connect: (url) => breaking(subject.connect(url)),
    connectWithWrongCredentials: (url) => breaking(subject.connectWithWrongCredentials(url)),
  }
}

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

type Case = [string, string, Break, RegExp]

const checkCases: Case[] = [
  [
    'sends a message in check',
    'check succeeds when the server is up, and sends nothing',
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
  [
    'checks nothing',
    'check fails when the server is down',
    checksNothing,
    /down, in check, .*the call succeeded/,
  ],
  [
    'checks nothing',
    'check fails when the credentials are wrong',
    checksNothing,
    /in check, .*the call succeeded/,
  ],
]

function sendCases(name: string): Case[] {
  const once = `${name} sends one message per call, and returns the same message id for the same key`
  const refused = `${name} to a refused address needs input, and names the field`
  const down = `${name} is retryable when the server is down`
  const lost = `${name} with an answer lost after the message was sent has an unknown outcome, and sends it once`
  return [
    [
      'sends twice',
      once,
      sendingAs(async (send, call) => {
        await send(call)
        return send(call)
      }),
      /: expected one effect, and counted 2/,
    ],
    [
      'has another message id for each attempt',
      once,
      sendingAs((send, call) => send({ ...call, idempotencyKey: randomUUID() })),
      /The message id for the same key: expected/,
    ],
    ['makes a refused address retryable', refused, failing({ class: 'retryable' }), /class is "retryable"/],
    [
      'names no field',
      refused,
      sendingAs((send, call) =>
        send(call).catch((error: { fields: unknown[] }) => {
          error.fields.length = 0
          throw error
        }),
      ),
      /names no field to correct/,
    ],
    [
      'makes a server that is down terminal',
      down,
      failing({ class: 'terminal' }),
      /down, .*class is "terminal"/,
    ],
    [
      'quotes an address',
      down,
      sendingAs((send, call, email) => withError(send(call), { message: `Not sent to ${email}.` })),
      /quotes a secret/,
    ],
    [
      'makes wrong credentials terminal',
      `${name} with wrong credentials is not terminal, so it can be retried with correct ones`,
      failing({ class: 'terminal' }),
      /wrong credentials, .*class is "terminal"/,
    ],
    ['makes a lost answer retryable', lost, failing({ class: 'retryable' }), /class is "retryable"/],
    [
      'sends again after a lost answer',
      lost,
      sendingAs((send, call) =>
        send(call).catch(async (error: unknown) => {
          await send(call)
          throw error
        }),
      ),
      /expected one effect, and counted 2/,
    ],
    [
      'makes a late answer retryable',
      `${name} with a late answer has an unknown outcome, and sends the message once`,
      failing({ class: 'retryable' }),
      /class is "retryable"/,
    ],
    [
      'ignores the signal',
      `${name} with a signal that has aborted sends nothing`,
      sendingAs((send, call) => send({ ...call, signal: new AbortController().signal })),
      /had aborted, in send.*, the call succeeded/,
    ],
  ]
}

/** Breaks a notifier by another way to read every delivery report. */
const readingAs =
  (
    read: (original: () => Promise<DeliveryReport[]>, request: WebhookRequest) => Promise<DeliveryReport[]>,
  ): Break =>
  (notifier) => ({
    parseDeliveryReports: (request) =>
      read(async () => (await notifier.parseDeliveryReports?.(request)) ?? [], request),
  })

const known = 'parseDeliveryReports names a bounced message by the id that sending it returned'
const refusing = 'parseDeliveryReports refuses a forged report'

const reportCases: Case[] = [
  [
    'does not read the reports of its provider',
    'parseDeliveryReports is defined exactly when the subject has reports',
    () => ({ parseDeliveryReports: undefined }),
    /is defined: expected true/,
  ],
  ['ignores a report', known, readingAs(async () => []), /returned 0 reports/],
  [
    'reads another message id',
    known,
    readingAs(async (read) => (await read()).map((report) => ({ ...report, messageId: 'another' }))),
    /the message id: expected/,
  ],
  [
    'reads a bounce as a delay',
    known,
    readingAs(async (read) => (await read()).map((report) => ({ ...report, status: 'delayed' }))),
    /the status: expected "bounced"/,
  ],
  [
    'passes on an address in a report',
    known,
    readingAs(async (read) =>
      (await read()).map((report) => ({ ...report, code: 'ada@conformance.example' })),
    ),
    /quoted the address/,
  ],
  ['accepts a forged report', refusing, readingAs((read) => read().catch(() => [])), /the call succeeded/],
  [
    'refuses a forged report with another code',
    refusing,
    readingAs(async () => {
      throw new StepError({ class: 'terminal', code: 'unlucky', message: 'No.', nextAction: 'Wait.' })
    }),
    /the code: expected "webhook_refused"/,
  ],
  [
    'reads every message as a report',
    'parseDeliveryReports ignores a request that is not a report',
    readingAs(async () => [{ messageId: '1', status: 'delivered', code: null }]),
    /For a request that is not a report, .*expected \[\]/,
  ],
]

const cases = [
  ...checkCases,
  ...['sendInvitation', 'sendPasswordReset', 'sendTrialReminder'].flatMap(sendCases),
  ...reportCases,
]

test.each(cases)('a notifier that %s fails the check: %s', async (_, name, change, expected) => {
  expect(await resultOf(notifierChecks(brokenBy(change)), name)).toMatch(expected)
})

test('every check of the kit fails for one of these notifiers', () => {
  const covered = new Set(cases.map(([, name]) => name))
  const names = notifierChecks(smtpSubject(server)).map(({ name }) => name)
  expect(names.filter((name) => !covered.has(name))).toEqual([])
})
