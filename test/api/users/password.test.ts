import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { correctEmail } from '../../../domain/users/correct-email.ts'
import { createIdentity, type Identity } from '../../../domain/users/identity.ts'
import { issuePasswordLink } from '../../../domain/users/password-links.ts'
import { deleteUser, insertUser } from '../../../domain/users/user-records.ts'
import { type ApiUnderTest, startApi } from '../api-under-test.ts'

const publicUrl = 'http://localhost:3000'
const password = 'correct horse battery'

let api: ApiUnderTest
let identity: Identity

beforeAll(async () => {
  api = await startApi()
  identity = createIdentity({ db: api.db, publicUrl, secret: 'a secret of at least thirty-two characters' })
})
afterAll(() => api.close())

let users = 0

async function anInvitedUser(): Promise<{ id: string; email: string }> {
  users += 1
  const email = `ada${users}@example.com`
  const id = await api.db
    .transaction()
    .execute((transaction) =>
      insertUser(transaction, { organizationId: api.platformId, fullName: 'Ada', email }),
    )
  if (id === undefined) throw new Error('The email is taken.')
  return { id, email }
}

async function aLink({ id, email }: { id: string; email: string }, now = new Date()): Promise<string> {
  const { url } = await issuePasswordLink(api.db, { userId: id, email, publicUrl, now })
  return new URL(url).searchParams.get('token') ?? ''
}

function post(form: Record<string, string>) {
  return api.app.inject({
    method: 'POST',
    url: '/set-password',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams(form).toString(),
  })
}

const open = (token: string) => api.app.inject({ method: 'GET', url: '/set-password', query: { token } })
const choose = (token: string, chosen = password) => post({ token, password: chosen, confirmation: chosen })

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
  const { body } = await api.send('GET', `/v1/users/${id}`)
  return (body.invitation as { status: string }).status
}

describe('a link to choose a password', () => {
  test('sets the password with which the person then signs in', async () => {
    const user = await anInvitedUser()
    const token = await aLink(user)
    const { statusCode, body } = await choose(token)
    expect([statusCode, body]).toEqual([200, expect.stringContaining('Your password is set')])
    expect(await canSignIn(user.email, password)).toBe(true)
    expect(await invitationOf(user.id)).toBe('accepted')
  })

  test('works once', async () => {
    const user = await anInvitedUser()
    const token = await aLink(user)
    await choose(token)
    expect((await choose(token, 'another password')).statusCode).toBe(410)
    expect((await open(token)).statusCode).toBe(410)
    expect(await canSignIn(user.email, password)).toBe(true)
  })

  test('works once also when many use it at the same moment, and leaves one password', async () => {
    const user = await anInvitedUser()
    const token = await aLink(user)
    const passwords = Array.from({ length: 8 }, (_, index) => `password number ${index}`)
    const answers = await Promise.all(passwords.map((chosen) => choose(token, chosen)))
    const statuses = answers.map(({ statusCode }) => statusCode)
    expect(statuses.filter((status) => status === 410)).toHaveLength(7)
    const winner = passwords[statuses.indexOf(200)] ?? ''
    const accepted = await Promise.all(passwords.map((chosen) => canSignIn(user.email, chosen)))
    expect(passwords.filter((_, index) => accepted[index])).toEqual([winner])
    const credentials = api.db.selectFrom('credentials').select('id').where('user_id', '=', user.id)
    expect(await credentials.execute()).toHaveLength(1)
  })

  test('is not used up by being opened, as mail scanners do', async () => {
    const user = await anInvitedUser()
    const token = await aLink(user)
    for (const _ of [1, 2, 3]) expect((await open(token)).statusCode).toBe(200)
    expect((await choose(token)).statusCode).toBe(200)
  })

  test('is replaced by a newer one', async () => {
    const user = await anInvitedUser()
    const older = await aLink(user)
    const newer = await aLink(user)
    expect((await choose(older)).statusCode).toBe(410)
    expect((await choose(newer)).statusCode).toBe(200)
  })

  test('does not work any more once the email it went to is corrected', async () => {
    const user = await anInvitedUser()
    const token = await aLink(user)
    const correction = { userId: user.id, email: `corrected-${user.email}`, runId: 'opr_none' }
    await api.db.transaction().execute((transaction) => correctEmail(transaction, correction))
    expect((await open(token)).statusCode).toBe(410)
    expect((await choose(token)).statusCode).toBe(410)
  })

  test('works for three days', async () => {
    const user = await anInvitedUser()
    expect((await open(await aLink(user, hoursAgo(71.9)))).statusCode).toBe(200)
    const over = await aLink(user, hoursAgo(72.1))
    const opened = await open(over)
    expect([opened.statusCode, opened.body]).toEqual([410, expect.stringContaining('who invited you')])
    expect((await choose(over)).statusCode).toBe(410)
  })

  test('does not work any more when its user was removed', async () => {
    const user = await anInvitedUser()
    const token = await aLink(user)
    await api.db.transaction().execute((transaction) => deleteUser(transaction, user.id))
    expect((await open(token)).statusCode).toBe(410)
    expect((await choose(token)).statusCode).toBe(410)
  })

  test('changes a password that was there, and ends the sessions begun with it', async () => {
    const user = await anInvitedUser()
    await choose(await aLink(user))
    const before = await identity.api.signInEmail({ body: { email: user.email, password } })
    expect(await isSignedIn(before.token)).toBe(true)
    await choose(await aLink(user), 'another password')
    expect(await canSignIn(user.email, password)).toBe(false)
    expect(await canSignIn(user.email, 'another password')).toBe(true)
    expect(await isSignedIn(before.token)).toBe(false)
  })

  test('can not be made from what the database holds', async () => {
    const user = await anInvitedUser()
    const token = await aLink(user)
    const row = await api.db
      .selectFrom('verifications')
      .selectAll()
      .where('value', '=', user.id)
      .executeTakeFirstOrThrow()
    expect(JSON.stringify(row)).not.toContain(token)
    expect((await open(row.identifier)).statusCode).toBe(410)
  })
})

describe('a form that can not be taken', () => {
  const problems: [string, string, string, string][] = [
    ['is too short', 'elevenchars', 'elevenchars', 'at least 12 characters'],
    ['is too long', 'x'.repeat(129), 'x'.repeat(129), 'at most 128 characters'],
    ['is typed differently the second time', password, `${password}!`, 'not the same'],
    ['is missing', '', '', 'at least 12 characters'],
  ]
  test.each(problems)('says so when the password %s, and leaves the link as it was', async (...given) => {
    const [, first, confirmation, problem] = given
    const user = await anInvitedUser()
    const token = await aLink(user)
    const { statusCode, body } = await post({ token, password: first, confirmation })
    expect([statusCode, body]).toEqual([422, expect.stringContaining(problem)])
    expect((await choose(token)).statusCode).toBe(200)
  })

  test('is a closed link when there is no token, or one that was never made', async () => {
    const bodies = [{}, { token: '', password }, { token: 'x'.repeat(5_000), password }]
    for (const form of bodies) expect((await post(form as Record<string, string>)).statusCode).toBe(410)
    expect((await choose('never-made')).statusCode).toBe(410)
    expect((await open('')).statusCode).toBe(410)
    expect((await open('"><script>alert(1)</script>')).body).not.toContain('<script>')
  })
})

describe('the page', () => {
  test('keeps the token to itself', async () => {
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

  test('allows the style it comes with, and no script, frame or form elsewhere', async () => {
    const user = await anInvitedUser()
    const { headers, body } = await open(await aLink(user))
    const style = /<style>([^]*?)<\/style>/u.exec(body)?.[1] ?? ''
    const policy = String(headers['content-security-policy'])
    expect(policy).toContain(`style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`)
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("form-action 'self'")
    expect(body).not.toMatch(/<script| style=| on[a-z]+=/u)
  })

  test('lets one link be tried a limited number of times a minute, and others still', async () => {
    const tries = Array.from({ length: 20 }, () => post({ token: 'guess' }))
    expect(new Set((await Promise.all(tries)).map(({ statusCode }) => statusCode))).toEqual(new Set([422]))
    const refused = await post({ token: 'guess' })
    expect([refused.statusCode, refused.body]).toEqual([429, expect.stringContaining('That did not work')])
    expect((await post({ token: 'another' })).statusCode).toBe(422)
  })
})

describe('a password that was not stored', () => {
  test('leaves everything as it was when the database fails in the middle', async () => {
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

/** The last write of choosing a password fails for this user. */
async function failWhenAccepted(userId: string): Promise<void> {
  await sql
    .raw(`alter table users add constraint not_accepted check (id <> '${userId}' or not email_verified)`)
    .execute(api.db)
}
