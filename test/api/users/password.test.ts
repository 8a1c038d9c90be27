import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { changeUser } from '../../../domain/users/change-user.ts'
import { createIdentity } from '../../../domain/users/identity.ts'
import { issuePasswordLink } from '../../../domain/users/password-links.ts'
import { deleteUser } from '../../../domain/users/user-records.ts'
import { aUser } from '../../builders/user.ts'
import { startApiForFile } from '../api-under-test.ts'
import { postPasswordForm } from './mails.ts'
import { rowsOf } from '../../builders/rows.ts'

const publicUrl = 'http://localhost:3000'
const password = 'correct horse battery'

const api = await startApiForFile()
const identity = createIdentity({
  db: api.db,
  publicUrl,
  secret: 'a secret of at least thirty-two characters',
})

let users = 0

async function anInvitedUser(): Promise<{ id: string; email: string }> {
  users += 1
  const email = `ada${users}@example.com`
  return { id: await aUser(api.db, api.platformId, { email }), email }
}

async function aLink({ id, email }: { id: string; email: string }, now = new Date()): Promise<string> {
  const { url } = await issuePasswordLink(api.db, { userId: id, email, publicUrl, now })
  return new URL(url).searchParams.get('token') ?? ''
}

const open = (token: string) => api.app.inject({ method: 'GET', url: '/set-password', query: { token } })
const choose = (token: string, chosen = password) =>
  postPasswordForm(api.app, { token, password: chosen, confirmation: chosen })

const hoursAgo = (hours: number) => new Date(Date.now() - hours * 60 * 60 * 1000)

const canSignIn = (email: string, given: string) =>
  identity.api.signInEmail({ body: { email, password: given } }).then(
    () => true,
    () => false,
  )

const isSignedIn = async (session: string) => {
  const { internalAdapter } = await identity.$context
  return (await internalAdapter.findSession(session)) !== null
}

const invitationOf = async (id: string) => {
  const { body } = await api.get(`/v1/users/${id}`)
  return (body.invitation as { status: string }).status
}

describe('Password links', () => {
  test('A link sets the password with which the user signs in', async () => {
    const user = await anInvitedUser()
    const token = await aLink(user)
    const { statusCode, body } = await choose(token)
    expect([statusCode, body]).toEqual([200, expect.stringContaining('Your password is set')])
    expect(await canSignIn(user.email, password)).toBe(true)
    expect(await invitationOf(user.id)).toBe('accepted')
  })

  test('A link works once', async () => {
    const user = await anInvitedUser()
    const token = await aLink(user)
    await choose(token)
    expect((await choose(token, 'another password')).statusCode).toBe(410)
    expect((await open(token)).statusCode).toBe(410)
    expect(await canSignIn(user.email, password)).toBe(true)
  })

  test('A link that is used eight times at once works once and leaves one password', async () => {
    const user = await anInvitedUser()
    const token = await aLink(user)
    const passwords = Array.from({ length: 8 }, (_, index) => `password number ${index}`)
    const answers = await Promise.all(passwords.map((chosen) => choose(token, chosen)))
    const statuses = answers.map(({ statusCode }) => statusCode)
    expect(statuses.filter((status) => status === 410)).toHaveLength(7)
    const winner = passwords[statuses.indexOf(200)] ?? ''
    const accepted = await Promise.all(passwords.map((chosen) => canSignIn(user.email, chosen)))
    expect(passwords.filter((_, index) => accepted[index])).toEqual([winner])
    expect(await rowsOf(api.db, 'credentials', { user_id: user.id })).toHaveLength(1)
  })

  test('A link still works after it was opened, as mail scanners do', async () => {
    const user = await anInvitedUser()
    const token = await aLink(user)
    for (const _ of [1, 2, 3]) expect((await open(token)).statusCode).toBe(200)
    expect((await choose(token)).statusCode).toBe(200)
  })

  test('A newer link replaces the older one', async () => {
    const user = await anInvitedUser()
    const older = await aLink(user)
    const newer = await aLink(user)
    expect((await choose(older)).statusCode).toBe(410)
    expect((await choose(newer)).statusCode).toBe(200)
  })

  test('A link stops working when the email of the user is corrected', async () => {
    const user = await anInvitedUser()
    const token = await aLink(user)
    const correction = { userId: user.id, email: `corrected-${user.email}`, runId: 'opr_none' }
    await api.db.transaction().execute((transaction) => changeUser(transaction, correction))
    expect((await open(token)).statusCode).toBe(410)
    expect((await choose(token)).statusCode).toBe(410)
  })

  test('A link works for three days', async () => {
    const user = await anInvitedUser()
    expect((await open(await aLink(user, hoursAgo(71.9)))).statusCode).toBe(200)
    const over = await aLink(user, hoursAgo(72.1))
    const opened = await open(over)
    expect([opened.statusCode, opened.body]).toEqual([410, expect.stringContaining('who invited you')])
    expect((await choose(over)).statusCode).toBe(410)
  })

  test('A link stops working when its user is deleted', async () => {
    const user = await anInvitedUser()
    const token = await aLink(user)
    await api.db.transaction().execute((transaction) => deleteUser(transaction, user.id))
    expect((await open(token)).statusCode).toBe(410)
    expect((await choose(token)).statusCode).toBe(410)
  })

  test('A link replaces an existing password and ends the sessions of the user', async () => {
    const user = await anInvitedUser()
    await choose(await aLink(user))
    const before = await identity.api.signInEmail({ body: { email: user.email, password } })
    expect(await isSignedIn(before.token)).toBe(true)
    await choose(await aLink(user), 'another password')
    expect(await canSignIn(user.email, password)).toBe(false)
    expect(await canSignIn(user.email, 'another password')).toBe(true)
    expect(await isSignedIn(before.token)).toBe(false)
  })

  test('A link can not be made from the rows of the database', async () => {
    const user = await anInvitedUser()
    const token = await aLink(user)
    const [row] = await rowsOf(api.db, 'verifications', { value: user.id })
    expect(JSON.stringify(row)).not.toContain(token)
    expect((await open(row?.identifier ?? '')).statusCode).toBe(410)
  })
})

describe('Invalid forms', () => {
  const problems: [string, string, string, string][] = [
    ['is too short', 'elevenchars', 'elevenchars', 'at least 12 characters'],
    ['is too long', 'x'.repeat(129), 'x'.repeat(129), 'at most 128 characters'],
    ['is typed differently the second time', password, `${password}!`, 'not the same'],
    ['is missing', '', '', 'at least 12 characters'],
  ]
  test.each(problems)(
    'The form names the problem when the password %s, and the link still works',
    async (...given) => {
      const [, first, confirmation, problem] = given
      const user = await anInvitedUser()
      const token = await aLink(user)
      const { statusCode, body } = await postPasswordForm(api.app, { token, password: first, confirmation })
      expect([statusCode, body]).toEqual([422, expect.stringContaining(problem)])
      expect((await choose(token)).statusCode).toBe(200)
    },
  )

  test('A form without a valid token gets the page of a closed link', async () => {
    const bodies = [{}, { token: '', password }, { token: 'x'.repeat(5_000), password }]
    for (const form of bodies)
      expect((await postPasswordForm(api.app, form as Record<string, string>)).statusCode).toBe(410)
    expect((await choose('never-made')).statusCode).toBe(410)
    expect((await open('')).statusCode).toBe(410)
    expect((await open('"><script>alert(1)</script>')).body).not.toContain('<script>')
  })
})

describe('The password page', () => {
  test('The page and the log do not leak the token', async () => {
    const user = await anInvitedUser()
    const token = await aLink(user)
    const opened = await open(token)
    await choose(token)
    expect(opened.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-robots-tag': 'noindex',
    })
    expect(api.log.join()).toContain('/set-password')
    expect(api.log.join()).not.toContain(token)
    expect(api.log.join()).not.toContain(password)
  })

  test('The page allows only its own style, and no script, frame or foreign form', async () => {
    const user = await anInvitedUser()
    const { headers, body } = await open(await aLink(user))
    const style = /<style>([^]*?)<\/style>/u.exec(body)?.[1] ?? ''
    const policy = String(headers['content-security-policy'])
    expect(policy).toContain(`style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`)
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("form-action 'self'")
    expect(body).not.toMatch(/<script| style=| on[a-z]+=/u)
  })

  test('One link can be tried twenty times a minute, and other links still work', async () => {
    const tries = Array.from({ length: 20 }, () => postPasswordForm(api.app, { token: 'guess' }))
    expect(new Set((await Promise.all(tries)).map(({ statusCode }) => statusCode))).toEqual(new Set([422]))
    const refused = await postPasswordForm(api.app, { token: 'guess' })
    expect([refused.statusCode, refused.body]).toEqual([
      429,
      expect.stringContaining('Your password was not set'),
    ])
    expect((await postPasswordForm(api.app, { token: 'another' })).statusCode).toBe(422)
  })
})

describe('A password that could not be stored', () => {
  test('A failure of the database leaves the user and the link as they were', async () => {
    const user = await anInvitedUser()
    const token = await aLink(user)
    await failWhenAccepted(user.id)
    const { statusCode, headers, body } = await choose(token)
    expect([statusCode, body]).toEqual([500, expect.stringContaining('open the link in your message again')])
    expect(headers['content-type']).toBe('text/html; charset=utf-8')
    expect(await canSignIn(user.email, password)).toBe(false)
    expect((await open(token)).statusCode).toBe(200)
  })
})

/** Makes the last write of a new password fail for this user. */
async function failWhenAccepted(userId: string): Promise<void> {
  await sql
    .raw(`alter table users add constraint not_accepted check (id <> '${userId}' or not email_verified)`)
    .execute(api.db)
}
