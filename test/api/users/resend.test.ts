import { describe, expect, test } from 'vitest'
import { platformId } from '../../../domain/organizations/read-organizations.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { postfixReport } from '../../builders/delivery-status-mail.ts'
import { anOrganization } from '../../builders/organization.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { aKeyHeader } from '../../builders/key-header.ts'
import { memoryBilling } from '../../stack/memory-billing.ts'
import { historyTextOf, untilOperation, workflowOf } from '../runs/run-calls.ts'
import { linkIn, mailsTo, postReport, setPassword } from './mails.ts'
import { idsOf } from '../api-under-test.ts'

const provider = memoryBilling()

const { engine, api } = await startEngineForFile({ plugins: [provider.plugin] })

async function aUser(email: string) {
  const { body } = await api.addAccount(anAccountBody({ email }))
  return { onboarding: body, userId: String(body.userId) }
}

const resend = (userId: string, body?: unknown, headers: Record<string, string> = {}) =>
  api.post(`/v1/users/${userId}/password-instructions`, body, { prefer: 'wait=20', ...headers })

const read = async (userId: string) => (await api.get(`/v1/users/${userId}`)).body

const bounce = (messageId: string | undefined) =>
  postReport(api.app, postfixReport({ messageId: messageId?.slice(1, -1) ?? '' }))

describe('Resending an invitation', () => {
  test('A resend sends one more message, and its link replaces the earlier one', async () => {
    const email = 'again@example.com'
    const { onboarding, userId } = await aUser(email)
    const first = linkIn(engine, email)
    const answer = await resend(userId)
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({
      kind: 'resend-invitation',
      status: 'completed',
      organizationId: onboarding.organizationId,
      userId,
      invitation: { status: 'sent', error: null },
      request: { message: 'invitation' },
    })
    expect(answer.headers.location).toBe(`/v1/operations/${answer.body.id}`)
    expect(mailsTo(engine, email)).toHaveLength(2)
    expect(new Set(mailsTo(engine, email).map(({ messageId }) => messageId)).size).toBe(2)
    expect(await setPassword(api, first)).toBe(410)
    expect(await setPassword(api, linkIn(engine, email))).toBe(200)
    expect((await read(userId)).invitation).toMatchObject({ status: 'accepted' })
  })

  test('A repeated resend under one key sends one message, and another body is refused', async () => {
    const email = 'key@example.com'
    const { onboarding, userId } = await aUser(email)
    const key = { 'idempotency-key': 'ticket-1' }
    const answers = await Promise.all(Array.from({ length: 10 }, () => resend(userId, {}, key)))
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
    expect(mailsTo(engine, email)).toHaveLength(2)
    const other = await resend(userId, { email: 'other@example.com' }, key)
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused'])
    // The same key for another user is another request.
    const users = `/v1/organizations/${onboarding.organizationId}/users`
    const colleague = { fullName: 'Grace', email: 'key-too@example.com' }
    const { userId: another } = (await api.post(users, colleague, { prefer: 'wait=20' })).body
    expect((await resend(another, {}, key)).body.userId).toBe(another)
    expect(mailsTo(engine, 'key-too@example.com')).toHaveLength(2)
  })

  test('A dry run shows the steps and has no effect', async () => {
    const email = 'dry-run@example.com'
    const { userId } = await aUser(email)
    const url = `/v1/users/${userId}/password-instructions?dryRun=true`
    const { status, body } = await api.post(url, { email: 'corrected@dry-run.example' })
    expect(status).toBe(200)
    expect(idsOf(body.steps)).toEqual(['validate-user', 'correct-email', 'notify-user'])
    expect(await read(userId)).toMatchObject({ email })
    expect(mailsTo(engine, email)).toHaveLength(1)
  })

  test('A report about the earlier message does not change the status of the later one', async () => {
    const email = 'came-back@example.com'
    const { userId } = await aUser(email)
    const [old] = mailsTo(engine, email)
    await bounce(old?.messageId)
    expect((await read(userId)).invitation).toMatchObject({ status: 'bounced' })
    await resend(userId)
    expect((await read(userId)).invitation).toMatchObject({ status: 'sent', error: null })
    await bounce(old?.messageId)
    expect((await read(userId)).invitation).toMatchObject({ status: 'sent' })
  })

  test('The workflow is described in Temporal without naming the user', async () => {
    const { userId } = await aUser('private@example.com')
    const { body } = await resend(userId, { email: 'more.private@example.com' })
    const handle = workflowOf(engine, body.id, 'resend-invitation')
    const description = await handle.describe()
    expect(description.type).toBe('resendInvitation')
    expect(await description.staticSummary()).toBe('Invite a user of “Northwind Traders” again')
    expect(await historyTextOf(handle)).not.toContain('private@example.com')
  })
})

describe('A resend with a corrected email', () => {
  test('A corrected email gets the message, becomes the email of the user and is in the activity', async () => {
    const { onboarding, userId } = await aUser('wrong@example.com')
    const old = linkIn(engine, 'wrong@example.com')
    const { status } = await resend(userId, { email: ' Right@Example.com ' })
    expect(status).toBe(200)
    expect(await read(userId)).toMatchObject({ email: 'right@example.com', invitation: { status: 'sent' } })
    expect(mailsTo(engine, 'wrong@example.com')).toHaveLength(1)
    expect(mailsTo(engine, 'right@example.com')).toHaveLength(1)
    expect(await setPassword(api, old)).toBe(410)
    expect(await setPassword(api, linkIn(engine, 'right@example.com'))).toBe(200)
    const activity = await api.get(`/v1/organizations/${onboarding.organizationId}/activity`)
    const email = { from: 'wrong@example.com', to: 'right@example.com' }
    const data = { fields: { user: { from: userId, to: userId }, email } }
    const actor = expect.stringMatching(/^key_/)
    expect(activity.body.items).toContainEqual(expect.objectContaining({ type: 'organization', actor, data }))
  })

  test('A taken email is refused in any case, and no message is sent', async () => {
    await aUser('taken@example.com')
    const { userId } = await aUser('mine@example.com')
    const { status, body } = await resend(userId, { email: 'TAKEN@example.com' })
    expect([status, body.code]).toEqual([422, 'invalid_request'])
    expect(body.errors).toMatchObject([{ pointer: '/email', code: 'email_taken' }])
    expect(mailsTo(engine, 'taken@example.com')).toHaveLength(1)
    expect(mailsTo(engine, 'mine@example.com')).toHaveLength(1)
  })
})

describe('A resend to a user with a password', () => {
  test('The user gets a link to reset the password, and the old password works until then', async () => {
    const email = 'reset@example.com'
    const { userId } = await aUser(email)
    await setPassword(api, linkIn(engine, email), 'the first password')
    const { body } = await resend(userId)
    expect(body).toMatchObject({ status: 'completed', request: { message: 'password-reset' } })
    const mail = mailsTo(engine, email).at(-1)
    expect(mail?.subject).toBe('Reset your password for Northwind Traders')
    expect(mail?.text).toContain('Your password stays the same.')
    const signIn = (password: string) => engine.identity.api.signInEmail({ body: { email, password } })
    await signIn('the first password')
    expect(await setPassword(api, linkIn(engine, email), 'the second password')).toBe(200)
    await expect(signIn('the first password')).rejects.toThrow()
    await signIn('the second password')
    // A bounce of this message does not change the invitation.
    await bounce(mail?.messageId)
    expect((await read(userId)).invitation).toMatchObject({ status: 'accepted', error: null })
  })

  test('The email of a user with a password can not be corrected', async () => {
    const email = 'has-password@example.com'
    const { userId } = await aUser(email)
    await setPassword(api, linkIn(engine, email))
    const { status, body } = await resend(userId, { email: 'thief@example.com' })
    expect([status, body.code]).toEqual([409, 'invitation_accepted'])
    expect(mailsTo(engine, 'thief@example.com')).toEqual([])
    expect((await resend(userId, { email })).status).toBe(200)
  })
})

describe('A stuck resend', () => {
  test('A stuck resend blocks another one to the same user, and a retry sends its message once', async () => {
    const email = 'held-up@example.com'
    const { onboarding, userId } = await aUser(email)
    engine.mailbox.unknownRecipients.add(email)
    const { status, body: stuck } = await resend(userId)
    expect([status, stuck.status]).toEqual([202, 'needs_attention'])
    expect(stuck.invitation).toMatchObject({ status: 'failed', error: { code: 'recipient_refused' } })
    const second = await resend(userId)
    expect([second.status, second.body.code]).toEqual([409, 'operation_in_progress'])
    expect(second.body.nextAction).toContain(`organizationId=${onboarding.organizationId}`)

    engine.mailbox.unknownRecipients.delete(email)
    const retried = await api.post(`/v1/operations/${stuck.id}/retry`, { reason: 'It is there now.' })
    expect(retried.status).toBe(202)
    await untilOperation(api, stuck.id, 'completed')
    expect(mailsTo(engine, email)).toHaveLength(2)
    expect((await read(userId)).invitation).toMatchObject({ status: 'sent' })
    expect((await api.get(`/v1/onboardings/${onboarding.id}`)).body.status).toBe('completed')
  })

  test('A cancel of a stuck resend keeps the user and the account as they are', async () => {
    const email = 'given-up@example.com'
    const { onboarding, userId } = await aUser(email)
    const before = await api.get(`/v1/organizations/${onboarding.organizationId}`)
    engine.mailbox.unknownRecipients.add('given-up-too@example.com')
    const link = linkIn(engine, email)
    const { body: stuck } = await resend(userId, { email: 'given-up-too@example.com' })
    // The link went to a wrong address, so somebody else may read it.
    expect(await setPassword(api, link)).toBe(410)
    expect((await api.send('POST', `/v1/operations/${stuck.id}/cancel`)).status).toBe(202)
    await untilOperation(api, stuck.id, 'cancelled')
    const after = await api.get(`/v1/organizations/${onboarding.organizationId}`)
    expect(after.body).toEqual(before.body)
    expect(await read(userId)).toMatchObject({
      email: 'given-up-too@example.com',
      invitation: { status: 'failed', error: { code: 'recipient_refused' } },
    })
    expect((await resend(userId, { email })).status).toBe(200)
    expect((await read(userId)).invitation).toMatchObject({ status: 'sent' })
  })
})

test('A resend completes an onboarding that is stuck at its message', async () => {
  const email = 'unreachable@example.com'
  engine.mailbox.unknownRecipients.add(email)
  const { onboarding, userId } = await aUser(email)
  expect(onboarding.status).toBe('needs_attention')
  const { body } = await resend(userId, { email: 'reachable@example.com' })
  expect(body.status).toBe('completed')
  const done = await api.until(onboarding.id, 'completed')
  expect(done.steps.find(({ id }) => id === 'notify-user')).toMatchObject({ status: 'skipped' })
  expect(done.invitation).toMatchObject({ status: 'sent', error: null })
  expect(mailsTo(engine, 'reachable@example.com')).toHaveLength(1)
})

test('An onboarding that has not sent its message yet sends it to the corrected email', async () => {
  const email = 'not-yet@example.com'
  provider.isDown = true
  const { body: stuck } = await api.addAccount(
    anAccountBody({ email, plan: { kind: 'trial', billingAdapter: 'memory' } }),
  )
  expect(stuck).toMatchObject({ status: 'needs_attention', invitation: { status: 'not_sent' } })
  expect((await resend(String(stuck.userId), { email: 'by-now@example.com' })).status).toBe(200)
  provider.isDown = false
  await api.send('POST', `/v1/onboardings/${stuck.id}/retry`)
  const done = await api.until(stuck.id, 'completed')
  expect(done.request.user?.email).toBe('by-now@example.com')
  expect(await read(String(stuck.userId))).toMatchObject({ email: 'by-now@example.com' })
  expect([mailsTo(engine, email).length, mailsTo(engine, 'by-now@example.com').length]).toEqual([0, 2])
})

describe('A resend by a partner', () => {
  test('A partner resends to users in its subtree, and gets 404 for all others', async () => {
    const { userId: older } = await aUser('older@example.com')
    const platform = await platformId(engine.db)
    const partner = await anOrganization(engine.db, platform)
    const key = await aKeyHeader(engine.db, partner)
    const { userId } = await aUser('elsewhere@example.com')
    for (const id of [older, userId]) {
      expect((await resend(id, {}, key)).status).toBe(404)
      expect((await api.get(`/v1/users/${id}`, key)).status).toBe(404)
    }

    const own = `/v1/organizations/${partner}/users`
    const user = { fullName: 'Own', email: 'own@example.com', sendPasswordInstructions: false }
    const added = await api.post(own, user, { prefer: 'wait=20', ...key })
    expect(added.status).toBe(201)
    expect((await resend(String(added.body.userId), {}, key)).status).toBe(200)
    expect(mailsTo(engine, 'own@example.com')).toHaveLength(1)

    // A partner may decide on its own requests, even about its own organization.
    engine.mailbox.unknownRecipients.add('own@example.com')
    const { body: stuck } = await resend(String(added.body.userId), {}, key)
    expect(stuck.status).toBe('needs_attention')
    expect((await api.post(`/v1/operations/${stuck.id}/cancel`, {}, key)).status).toBe(202)
    await untilOperation(api, stuck.id, 'cancelled')
  })
})
