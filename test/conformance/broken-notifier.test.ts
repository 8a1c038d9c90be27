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
import { startAskingMailServer } from './asking-mail-server.ts'
import { misreporting, verdict } from './broken.ts'
import { smtpSubject } from './subjects/smtp-subject.ts'

const server = await startAskingMailServer()
afterAll(() => server.stop())

type Break = (notifier: Notifier) => Partial<Notifier>
/** Sends the message at hand. */
type Send = (call: CallContext) => Promise<{ messageId: string }>

/** The good subject with a notifier that is broken in one way. */
function brokenBy(change: Break): NotifierSubject {
  const good = smtpSubject(server)
  const breaking = (plugin: Plugin): Plugin => {
    const notifiers = plugin.notifiers?.map((notifier) => ({ ...notifier, ...change(notifier) }))
    return { ...plugin, notifiers: notifiers ?? [] }
  }
  return {
    ...good,
    connect: (url) => breaking(good.connect(url)),
    connectWithWrongCredentials: (url) => breaking(good.connectWithWrongCredentials(url)),
  }
}

/** Every message is sent in another way. */
const sendingAs =
  (send: (original: Send, call: CallContext, email: string) => ReturnType<Send>): Break =>
  (notifier) => ({
    sendInvitation: (call, message) =>
      send((one) => notifier.sendInvitation(one, message), call, message.to.email),
    sendPasswordReset: (call, message) =>
      send((one) => notifier.sendPasswordReset(one, message), call, message.to.email),
    sendTrialReminder: (call, message) =>
      send((one) => notifier.sendTrialReminder(one, message), call, message.to.email),
  })

const failing = (change: Parameters<typeof misreporting>[1]): Break =>
  sendingAs((send, call) => misreporting(send(call), change))

const checksNothing: Break = () => ({ check: async () => undefined })

type Case = [string, string, Break, RegExp]

const checkCases: Case[] = [
  [
    'sends something when it is checked',
    'check succeeds when all is well, and sends nothing',
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
  ['checks nothing', 'check says when the server is down', checksNothing, /down, in check, .*it succeeded/],
  ['checks nothing', 'check says when the credentials are wrong', checksNothing, /in check, .*it succeeded/],
]

function sendCases(name: string): Case[] {
  const once = `${name} sends one message a call, and the same message id for the same key`
  const refused = `${name} to an address that is refused asks for a correction, and names the field`
  const down = `${name} is tried again when the server is down`
  const lost = `${name} whose answer is lost after the hand-over is not known to have been sent, and not sent twice`
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
      'names each try differently',
      once,
      sendingAs((send, call) => send({ ...call, idempotencyKey: randomUUID() })),
      /The message id for the same key: expected/,
    ],
    ['tries a refused address again', refused, failing({ class: 'retryable' }), /class is "retryable"/],
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
    ['gives up when the server is down', down, failing({ class: 'terminal' }), /down, .*class is "terminal"/],
    [
      'quotes an address',
      down,
      sendingAs((send, call, email) => misreporting(send(call), { message: `Not sent to ${email}.` })),
      /quotes a secret/,
    ],
    [
      'gives up when its credentials are wrong',
      `${name} with wrong credentials may be tried again once they are mended`,
      failing({ class: 'terminal' }),
      /wrong credentials, .*class is "terminal"/,
    ],
    ['takes a lost answer for a failure', lost, failing({ class: 'retryable' }), /class is "retryable"/],
    [
      'sends again by itself',
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
      'takes a late answer for a failure',
      `${name} whose answer comes too late is not known to have been sent, and not sent twice`,
      failing({ class: 'retryable' }),
      /class is "retryable"/,
    ],
    [
      'ignores the signal',
      `${name} with a signal that has aborted sends nothing`,
      sendingAs((send, call) => send({ ...call, signal: new AbortController().signal })),
      /had aborted, in send.*, the call says that it succeeded/,
    ],
  ]
}

/** Every report is read in another way. */
const readingAs =
  (
    read: (original: () => Promise<DeliveryReport[]>, request: WebhookRequest) => Promise<DeliveryReport[]>,
  ): Break =>
  (notifier) => ({
    parseDeliveryReports: (request) =>
      read(async () => (await notifier.parseDeliveryReports?.(request)) ?? [], request),
  })

const known = 'parseDeliveryReports knows a message that came back by what sending it answered'
const refusing = 'parseDeliveryReports refuses what somebody else sent'

const reportCases: Case[] = [
  [
    'takes no reports although its provider tells',
    'parseDeliveryReports is there when the subject says how reports look, and only then',
    () => ({ parseDeliveryReports: undefined }),
    /is there: expected true/,
  ],
  ['does not understand a report', known, readingAs(async () => []), /answers 0 reports/],
  [
    'takes it for another message',
    known,
    readingAs(async (read) => (await read()).map((report) => ({ ...report, messageId: 'another' }))),
    /the message id: expected/,
  ],
  [
    'takes what came back for late',
    known,
    readingAs(async (read) => (await read()).map((report) => ({ ...report, status: 'delayed' }))),
    /the status: expected "bounced"/,
  ],
  [
    'hands on what the report quotes',
    known,
    readingAs(async (read) =>
      (await read()).map((report) => ({ ...report, code: 'ada@conformance.example' })),
    ),
    /quotes the address/,
  ],
  ['believes anybody', refusing, readingAs((read) => read().catch(() => [])), /says that it succeeded/],
  [
    'calls a forgery something else',
    refusing,
    readingAs(async () => {
      throw new StepError({ class: 'terminal', code: 'unlucky', message: 'No.', nextAction: 'Wait.' })
    }),
    /the code: expected "webhook_refused"/,
  ],
  [
    'makes a report of anything',
    'parseDeliveryReports passes over what is no report',
    readingAs(async () => [{ messageId: '1', status: 'delivered', code: null }]),
    /For what is no report, .*expected \[\]/,
  ],
]

const cases = [
  ...checkCases,
  ...['sendInvitation', 'sendPasswordReset', 'sendTrialReminder'].flatMap(sendCases),
  ...reportCases,
]

test.each(cases)('a notifier that %s is found out by: %s', async (_, name, change, expected) => {
  expect(await verdict(notifierChecks(brokenBy(change)), name)).toMatch(expected)
})

test('every check of the kit is seen to fail here', () => {
  const seen = new Set(cases.map(([, name]) => name))
  const names = notifierChecks(smtpSubject(server)).map(({ name }) => name)
  expect(names.filter((name) => !seen.has(name))).toEqual([])
})
