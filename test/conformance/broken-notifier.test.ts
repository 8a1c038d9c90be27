import { randomUUID } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { notifierChecks, type NotifierSubject } from '../../plugins/conformance/index.ts'
import type { CallContext, InvitationMessage, Notifier, Plugin } from '../../plugins/contract.ts'
import { startAskingMailServer } from './asking-mail-server.ts'
import { misreporting, verdict } from './broken.ts'
import { smtpSubject } from './smtp-subject.ts'

const server = await startAskingMailServer()
afterAll(() => server.stop())

type Invite = Notifier['sendInvitation']
type Break = (invite: Invite) => Partial<Notifier>

/** The good subject with a notifier that is broken in one way. */
function brokenBy(change: Break): NotifierSubject {
  const good = smtpSubject(server)
  const breaking = (plugin: Plugin): Plugin => {
    const notifiers = plugin.notifiers?.map((notifier) => ({
      ...notifier,
      ...change((call, message) => notifier.sendInvitation(call, message)),
    }))
    return { ...plugin, notifiers: notifiers ?? [] }
  }
  return {
    ...good,
    connect: (url) => breaking(good.connect(url)),
    connectWithWrongCredentials: (url) => breaking(good.connectWithWrongCredentials(url)),
  }
}

const sendingAs =
  (send: (invite: Invite, call: CallContext, message: InvitationMessage) => ReturnType<Invite>): Break =>
  (invite) => ({ sendInvitation: (call, message) => send(invite, call, message) })

const failing = (change: Parameters<typeof misreporting>[1]): Break =>
  sendingAs((invite, call, message) => misreporting(invite(call, message), change))

const checksNothing: Break = () => ({ check: async () => undefined })
const lost = 'whose answer is lost after the hand-over is not known to have been sent, and not sent twice'
const tooLate = 'whose answer comes too late is not known to have been sent, and not sent twice'
const once = 'sendInvitation sends one message a call, and the same message id for the same key'
const refused = 'sendInvitation to an address that is refused asks for a correction, and names the field'
const down = 'sendInvitation is tried again when the server is down'

const cases: [string, string, Break, RegExp][] = [
  [
    'sends something when it is checked',
    'check succeeds when all is well, and sends nothing',
    (invite) => ({
      async check(signal) {
        await invite(
          { idempotencyKey: randomUUID(), signal },
          {
            to: { name: 'Ada', email: 'ada@conformance.example' },
            organizationName: 'Contoso',
            passwordLink: 'https://tenantry.example',
            linkExpiresAt: new Date(),
          },
        )
      },
    }),
    /check: expected no effect, and counted 1/,
  ],
  ['checks nothing', 'check says when the server is down', checksNothing, /down, in check, .*it succeeded/],
  ['checks nothing', 'check says when the credentials are wrong', checksNothing, /in check, .*it succeeded/],
  [
    'sends twice',
    once,
    sendingAs(async (invite, call, message) => {
      await invite(call, message)
      return invite(call, message)
    }),
    /sendInvitation: expected one effect, and counted 2/,
  ],
  [
    'names each try differently',
    once,
    sendingAs((invite, call, message) => invite({ ...call, idempotencyKey: randomUUID() }, message)),
    /The message id for the same key: expected/,
  ],
  ['tries a refused address again', refused, failing({ class: 'retryable' }), /class is "retryable"/],
  [
    'names no field',
    refused,
    sendingAs((invite, call, message) =>
      invite(call, message).catch((error: { fields: unknown[] }) => {
        error.fields.length = 0
        throw error
      }),
    ),
    /names no field to correct/,
  ],
  [
    'gives up when the server is down',
    down,
    failing({ class: 'terminal' }),
    /server down, .*class is "terminal"/,
  ],
  [
    'quotes the link',
    down,
    sendingAs((invite, call, message) =>
      misreporting(invite(call, message), { message: `Not sent: ${message.passwordLink}` }),
    ),
    /quotes a secret/,
  ],
  [
    'gives up when its credentials are wrong',
    'sendInvitation with wrong credentials may be tried again once they are mended',
    failing({ class: 'terminal' }),
    /wrong credentials, .*class is "terminal"/,
  ],
  [
    'takes a lost answer for a failure',
    `sendInvitation ${lost}`,
    failing({ class: 'retryable' }),
    /class is "retryable"/,
  ],
  [
    'sends again by itself',
    `sendInvitation ${lost}`,
    sendingAs((invite, call, message) =>
      invite(call, message).catch(async (error: unknown) => {
        await invite(call, message)
        throw error
      }),
    ),
    /expected one effect, and counted 2/,
  ],
  [
    'takes a late answer for a failure',
    `sendInvitation ${tooLate}`,
    failing({ class: 'retryable' }),
    /class is "retryable"/,
  ],
  [
    'ignores the signal',
    'sendInvitation with a signal that has aborted sends nothing',
    sendingAs((invite, call, message) => invite({ ...call, signal: new AbortController().signal }, message)),
    /had aborted, in sendInvitation, the call says that it succeeded/,
  ],
]

test.each(cases)('a notifier that %s is found out by: %s', async (_, name, change, expected) => {
  expect(await verdict(notifierChecks(brokenBy(change)), name)).toMatch(expected)
})

test('every check of the kit is seen to fail here', () => {
  const seen = new Set(cases.map(([, name]) => name))
  // The rules for reminders are those for invitations.
  const names = notifierChecks(smtpSubject(server)).map(({ name }) =>
    name.replace('sendTrialReminder', 'sendInvitation'),
  )
  expect(names.filter((name) => !seen.has(name))).toEqual([])
})
