import { createServer } from 'node:net'
import { simpleParser } from 'mailparser'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Notifier, type Plugin } from '../../../plugins/plugin-contract.ts'
import { smtp } from '../../../plugins/smtp/plugin.ts'
import { stepErrorOf } from '../step-error-of.ts'
import { type ScriptedMailServer, type Script, startScriptedMailServer } from './scripted-mail-server.ts'

const patience = 400

let server: ScriptedMailServer
let plugins: Plugin[]

beforeEach(async () => {
  server = await startScriptedMailServer()
  plugins = []
})
afterEach(async () => {
  for (const plugin of plugins) await plugin.close?.()
  await server.stop()
})

function notifierAt(url: string): Notifier {
  const plugin = smtp({ url, from: 'Tenantry <no-reply@tenantry.example>', patience })
  plugins.push(plugin)
  const notifier = plugin.notifiers?.[0]
  if (notifier === undefined) throw new Error('The plug-in brings no notifier.')
  return notifier
}

const message = {
  to: { name: 'Ada <b>Lovelace</b>', email: 'ada@example.com' },
  organizationName: 'Fish & Chips',
  passwordLink: 'https://tenantry.example/set-password?token=secret-of-the-link',
  linkExpiresAt: new Date('2031-03-01T09:30:00Z'),
}

function invite(notifier: Notifier, signal: AbortSignal = new AbortController().signal) {
  return notifier.sendInvitation({ idempotencyKey: 'onb_1:notify-user:1', signal }, message)
}

const reminder = {
  to: message.to,
  organizationName: message.organizationName,
  trialEndsAt: new Date('2031-03-01T23:30:00Z'),
}

function check(notifier: Notifier, signal: AbortSignal = new AbortController().signal) {
  return notifier.check(signal)
}

function remind(notifier: Notifier) {
  const { signal } = new AbortController()
  return notifier.sendTrialReminder({ idempotencyKey: 'opr_1:remind:1', signal }, reminder)
}

describe('an invitation', () => {
  test('has the name, the link and its expiry, as text and as HTML', async () => {
    await invite(notifierAt(`smtp://${server.host}`))
    const mail = await simpleParser(server.messages.join())
    expect(mail.subject).toBe('Choose your password for Fish & Chips')
    expect(mail.headers.get('auto-submitted')).toBe('auto-generated')
    for (const body of [mail.text, mail.html]) {
      expect(body).toContain(message.passwordLink)
      expect(body).toContain('1 March 2031 at 09:30 UTC')
    }
    expect(mail.html).toContain('Hello Ada &lt;b&gt;Lovelace&lt;/b&gt;,')
    expect(mail.html).toContain('Fish &amp; Chips')
    expect(mail.text).toContain('at Fish & Chips.')
  })

  test('has the same message id whenever it is sent with the same idempotency key', async () => {
    const first = await invite(notifierAt(`smtp://${server.host}`))
    const second = await invite(notifierAt(`smtp://${server.host}`))
    expect(second).toEqual(first)
    const [mail] = await Promise.all(server.messages.map((source) => simpleParser(source)))
    expect(mail?.messageId).toBe(`<${first.messageId}>`)
  })
})

describe('a link to reset a password', () => {
  test('has the name, the link and its expiry, as text and as HTML', async () => {
    const { signal } = new AbortController()
    const call = { idempotencyKey: 'opr_1:notify-user:1', signal }
    const sent = await notifierAt(`smtp://${server.host}`).sendPasswordReset(call, message)
    const mail = await simpleParser(server.messages.join())
    expect(mail.subject).toBe('Reset your password for Fish & Chips')
    expect(mail.messageId).toBe(`<${sent.messageId}>`)
    for (const body of [mail.text, mail.html]) {
      expect(body).toContain(message.passwordLink)
      expect(body).toContain('1 March 2031 at 09:30 UTC')
      expect(body).toContain('Your password stays the same')
    }
    expect(mail.html).toContain('Hello Ada &lt;b&gt;Lovelace&lt;/b&gt;,')
    expect(mail.html).toContain('Fish &amp; Chips')
  })
})

describe('a mail server that can send delivery reports', () => {
  test('is asked for one, with the idempotency key as envelope id', async () => {
    server.script = { EHLO: '250 DSN' }
    await invite(notifierAt(`smtp://${server.host}`))
    expect(server.commands).toContainEqual(
      expect.stringMatching(/^MAIL FROM:.* RET=HDRS ENVID=onb_1:notify-user:1$/),
    )
    expect(server.commands).toContainEqual(expect.stringMatching(/^RCPT TO:.* NOTIFY=FAILURE$/))
  })
})

describe('a trial reminder', () => {
  test('has the name, the end of the trial and a contact, as text and as HTML', async () => {
    const sent = await remind(notifierAt(`smtp://${server.host}`))
    const mail = await simpleParser(server.messages.join())
    expect(mail.subject).toBe('The trial of Fish & Chips ends on 1 March 2031')
    expect(mail.messageId).toBe(`<${sent.messageId}>`)
    expect(mail.to).toMatchObject({ text: expect.stringContaining('ada@example.com') })
    for (const body of [mail.text, mail.html]) {
      expect(body).toContain('1 March 2031')
      expect(body).toContain('contact the company that set up this account for you')
    }
    expect(mail.html).toContain('Hello Ada &lt;b&gt;Lovelace&lt;/b&gt;,')
    expect(mail.html).toContain('Fish &amp; Chips')
    expect(mail.text).toContain('The trial of Fish & Chips ends')
  })

  test('has the same error as an invitation when its recipient is refused', async () => {
    server.script = { RCPT: '550 ada@example.com is nobody' }
    const error = await stepErrorOf(remind(notifierAt(`smtp://${server.host}`)))
    expect(error).toMatchObject({ class: 'needs_input', code: 'recipient_refused' })
  })
})

const lost = { class: 'unknown_outcome', code: 'mail_outcome_unknown' }
const unreachable = { class: 'retryable', code: 'mail_unreachable' }
const deferred = { class: 'retryable', code: 'mail_deferred' }
const loginRefused = { class: 'retryable', code: 'mail_login_refused' }
const refused = { class: 'needs_input', code: 'mail_refused', fields: [] }
const recipientRefused = {
  class: 'needs_input',
  code: 'recipient_refused',
  fields: [{ pointer: '/user/email', message: expect.any(String) }],
}

const failures: [string, Script, object][] = [
  ['disconnects before its greeting', { greeting: 'drop' }, unreachable],
  ['sends no greeting', { greeting: 'hang' }, unreachable],
  ['greets with a temporary error', { greeting: '421 too busy' }, deferred],
  ['greets with a permanent error', { greeting: '554 no service' }, unreachable],
  ['refuses the login', { EHLO: '250 AUTH PLAIN', AUTH: '535 wrong' }, loginRefused],
  ['refuses the sender temporarily', { MAIL: '450 later' }, deferred],
  ['refuses the sender', { MAIL: '553 not you' }, refused],
  ['refuses the recipient temporarily', { RCPT: '450 greylisted' }, deferred],
  ['refuses the recipient', { RCPT: '550 ada@example.com is nobody' }, recipientRefused],
  ['disconnects after the recipient', { RCPT: 'drop' }, unreachable],
  ['sends no reply to the recipient', { RCPT: 'hang' }, unreachable],
  ['refuses the DATA command', { DATA: '554 no' }, refused],
  ['disconnects after the DATA command', { DATA: 'drop' }, unreachable],
  ['sends no reply to the DATA command', { DATA: 'hang' }, unreachable],
  ['refuses the message temporarily', { message: '451 later' }, deferred],
  ['refuses the message', { message: '554 spam' }, refused],
  ['refuses the message because it shuts down', { message: '421 shutting down' }, deferred],
  ['disconnects after the message', { message: 'drop' }, lost],
  ['sends no reply to the message', { message: 'hang' }, lost],
]

describe('sending to a mail server', () => {
  test.each(failures)('that %s fails with the class and code of the failure', async (_, script, expected) => {
    server.script = script
    const error = await stepErrorOf(invite(notifierAt(`smtp://user:password@${server.host}`)))
    expect(error).toMatchObject(expected)
    expect(error.message + error.nextAction).not.toMatch(/ada|lovelace|password@|secret/iu)
  })

  test('that is down is retryable', async () => {
    const { host } = server
    await server.stop()
    expect(await stepErrorOf(invite(notifierAt(`smtp://${host}`)))).toMatchObject(unreachable)
  })

  test('whose answer is lost does not send the message again', async () => {
    server.script = { message: 'drop' }
    await stepErrorOf(invite(notifierAt(`smtp://${server.host}`)))
    await new Promise((resolve) => setTimeout(resolve, patience))
    expect(server.messages).toHaveLength(1)
  })

  test('succeeds after the server refused another message', async () => {
    const notifier = notifierAt(`smtp://${server.host}`)
    server.script = { RCPT: '550 nobody' }
    await stepErrorOf(invite(notifier))
    server.script = {}
    await invite(notifier)
    expect(server.messages).toHaveLength(1)
  })

  test('that closed a pooled connection uses a new one', async () => {
    const notifier = notifierAt(`smtp://${server.host}`)
    await invite(notifier)
    server.next = { MAIL: 'drop' }
    await invite(notifier)
    expect(server.messages).toHaveLength(2)
  })
})

describe('a check', () => {
  test('logs in and sends nothing', async () => {
    server.script = { EHLO: '250 AUTH PLAIN', MAIL: 'drop' }
    await check(notifierAt(`smtp://user:password@${server.host}`))
    expect(server.messages).toEqual([])
  })

  test.each<[string, Script, object]>([
    ['refuses the login', { EHLO: '250 AUTH PLAIN', AUTH: '535 user is nobody' }, loginRefused],
    ['disconnects before its greeting', { greeting: 'drop' }, unreachable],
    ['sends no greeting', { greeting: 'hang' }, unreachable],
    ['greets with a temporary error', { greeting: '421 too busy' }, deferred],
    ['greets with a permanent error', { greeting: '554 no service' }, unreachable],
  ])('of a server that %s fails', async (_, script, expected) => {
    server.script = script
    const error = await stepErrorOf(check(notifierAt(`smtp://user:password@${server.host}`)))
    expect(error).toMatchObject(expected)
    expect(error.message + error.nextAction).not.toMatch(/user:|nobody|password@/u)
  })

  test('of a server that is down fails', async () => {
    const { host } = server
    await server.stop()
    expect(await stepErrorOf(check(notifierAt(`smtp://${host}`)))).toMatchObject(unreachable)
  })

  test('ends when its signal aborts', async () => {
    server.script = { greeting: 'hang' }
    const error = await stepErrorOf(check(notifierAt(`smtp://${server.host}`), AbortSignal.abort()))
    expect(error).toMatchObject(unreachable)
  })
})

describe('an attempt that is aborted', () => {
  test('before the message was sent is retryable', async () => {
    server.script = { RCPT: 'hang' }
    const error = await stepErrorOf(invite(notifierAt(`smtp://${server.host}`), AbortSignal.timeout(50)))
    expect(error).toMatchObject(unreachable)
    expect(server.messages).toHaveLength(0)
  })

  test('after the message was sent has an unknown outcome', async () => {
    server.script = { message: 'hang' }
    const error = await stepErrorOf(invite(notifierAt(`smtp://${server.host}`), AbortSignal.timeout(100)))
    expect(error).toMatchObject(lost)
  })

  test('by its own deadline does not wait for a server that sends nothing', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => silent.once('listening', resolve))
    const { port } = silent.address() as { port: number }
    const started = performance.now()
    expect(await stepErrorOf(invite(notifierAt(`smtp://127.0.0.1:${port}`)))).toMatchObject(unreachable)
    expect(performance.now() - started).toBeLessThan(patience * 3)
    silent.close()
  })
})
