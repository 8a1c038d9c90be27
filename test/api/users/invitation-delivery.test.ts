import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { OnboardingView } from '../../../api/runs/onboarding-schemas.ts'
import { invitationStatuses } from '../../../domain/users/invitations.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { eximReport, exchangeReport, postfixReport } from '../../builders/delivery-status-mail.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { withTrigger } from '../../builders/trigger.ts'
import { publicUrl } from '../../stack/engine.ts'
import { linkIn, mailsTo, postReport, setPassword } from './mails.ts'

const { engine, api } = await startEngineForFile()

async function anInvitedUser(email: string) {
  const { body } = await api.addAccount(anAccountBody({ email }))
  expect(body.status).toBe('completed')
  const messageId = mailsTo(engine, email).at(-1)?.messageId?.slice(1, -1) ?? ''
  return { onboarding: body, userId: String(body.userId), messageId }
}

const invitationOf = async (userId: string) => (await api.get(`/v1/users/${userId}`)).body.invitation

describe('Invitations', () => {
  test('An invited user chooses a password with the link in the message and signs in', async () => {
    const email = 'chooser@example.com'
    const added = await api.addAccount(anAccountBody({ email }))
    expect(added.body).toMatchObject({ status: 'completed' })
    const link = linkIn(engine, email)
    expect(link.origin).toBe(publicUrl)
    expect((await api.app.inject(link.pathname + link.search)).statusCode).toBe(200)
    const password = 'correct horse battery'
    expect(await setPassword(api, link, password)).toBe(200)
    const signedIn = await engine.identity.api.signInEmail({ body: { email, password } })
    expect(signedIn.user.id).toBe(added.body.userId)
  })

  test('An invitation is sent when the mail server accepts it, and delivered when a report says so', async () => {
    const { onboarding, userId, messageId } = await anInvitedUser('delivered@example.com')
    const sent = { status: 'sent', sentAt: expect.stringMatching(/^2.*Z$/), error: null }
    expect(onboarding.invitation).toEqual(sent)
    expect(await invitationOf(userId)).toEqual(sent)
    const report = postfixReport({ messageId, action: 'delivered', status: '2.1.5' })
    expect((await postReport(api.app, report)).statusCode).toBe(204)
    expect(await invitationOf(userId)).toEqual({ ...sent, status: 'delivered' })
  })

  test('An invitation has the status `not_sent` when the request asked for none', async () => {
    const user = { fullName: 'Ada', email: 'not-sent@example.com', sendPasswordInstructions: false }
    const { body } = await api.addAccount(anAccountBody({ user }))
    expect(body.invitation).toEqual({ status: 'not_sent', sentAt: null, error: null })
  })

  test.each([
    ['Postfix', postfixReport],
    ['Exim', eximReport],
    ['Exchange', exchangeReport],
  ])(
    'A bounce that %s reports is shown at the user, at the onboarding and in both lists',
    async (name, bounce) => {
      const email = `${name.toLowerCase()}@example.com`
      const { onboarding, userId, messageId } = await anInvitedUser(email)
      const answer = await postReport(api.app, bounce({ messageId, email }))
      expect([answer.statusCode, answer.payload]).toEqual([204, ''])
      const bounced = {
        status: 'bounced',
        sentAt: expect.any(String),
        error: {
          code: 'mail_bounced',
          message: expect.stringContaining('the address does not exist (status code 5.1.1'),
          nextAction: expect.stringContaining('corrected email'),
        },
      }
      expect(await invitationOf(userId)).toEqual(bounced)
      const shown = (await api.get(`/v1/onboardings/${onboarding.id}`)).body
      expect(shown).toMatchObject({ status: 'completed', invitation: bounced })
      const users = `/v1/organizations/${onboarding.organizationId}/users`
      expect((await api.get(`${users}?invitation=bounced`)).body.items).toMatchObject([{ id: userId }])
      expect((await api.get(`${users}?invitation=sent`)).body.items).toEqual([])
      const found = await api.get('/v1/onboardings?status=completed&invitation=bounced')
      expect(found.body.items.map(({ id }: { id: string }) => id)).toContain(onboarding.id)
      expect(JSON.stringify(await invitationOf(userId))).not.toContain(email)
    },
  )

  test('An invitation that could not be delivered for days has failed', async () => {
    const { userId, messageId } = await anInvitedUser('expired@example.com')
    await postReport(api.app, postfixReport({ messageId, status: '4.4.1' }))
    expect(await invitationOf(userId)).toMatchObject({ status: 'failed', error: { code: 'mail_expired' } })
  })

  test('A delayed invitation has still the status `sent`', async () => {
    const { userId, messageId } = await anInvitedUser('late@example.com')
    await postReport(api.app, postfixReport({ messageId, action: 'delayed', status: '4.4.1' }))
    expect(await invitationOf(userId)).toMatchObject({ status: 'sent', error: null })
  })
})

describe('Delivery reports', () => {
  test('A repeated or contradicting report changes nothing', async () => {
    const { userId, messageId } = await anInvitedUser('twice@example.com')
    await postReport(api.app, postfixReport({ messageId, status: '5.2.1' }))
    const first = await invitationOf(userId)
    for (const status of ['5.2.1', '5.1.1', '4.4.1'])
      expect((await postReport(api.app, postfixReport({ messageId, status }))).statusCode).toBe(204)
    await postReport(api.app, postfixReport({ messageId, action: 'delivered', status: '2.1.5' }))
    expect(await invitationOf(userId)).toEqual(first)
    expect(first.error.message).toContain('does not accept mail (status code 5.2.1)')
  })

  test('A report about an unknown message is ignored', async () => {
    const answer = await postReport(api.app, postfixReport({ messageId: 'somebody@else.example' }))
    expect(answer.statusCode).toBe(204)
  })

  test('A report without the secret of the reports is refused, even with an API key', async () => {
    const { userId, messageId } = await anInvitedUser('refused@example.com')
    for (const authorization of ['', 'Bearer wrong', `Bearer ${engine.apiKey}`]) {
      const answer = await postReport(api.app, postfixReport({ messageId }), authorization)
      expect([answer.statusCode, answer.json().code]).toEqual([400, 'webhook_refused'])
    }
    expect(await invitationOf(userId)).toMatchObject({ status: 'sent' })
  })

  test('A report for an unknown notifier is answered with 404', async () => {
    const answer = await api.app.inject({ method: 'POST', url: '/v1/notifiers/pigeon/webhooks', payload: '' })
    expect(answer.statusCode).toBe(404)
  })

  test('A bounce after the user accepted the invitation changes nothing and makes no event', async () => {
    const events = await anEndpoint()
    const email = 'accepted@example.com'
    const { userId, messageId } = await anInvitedUser(email)
    await setPassword(api, linkIn(engine, email))
    await postReport(api.app, postfixReport({ messageId }))
    expect(await invitationOf(userId)).toMatchObject({ status: 'accepted', error: null })
    expect(await events(userId)).toEqual([])
  })
})

test('A bounced invitation makes one webhook event, which contains no personal data', async () => {
  const events = await anEndpoint()
  const email = 'told@example.com'
  const { onboarding, userId, messageId } = await anInvitedUser(email)
  await postReport(api.app, postfixReport({ messageId, email }))
  await postReport(api.app, eximReport({ messageId, email }))
  const data = { userId, organizationId: onboarding.organizationId }
  expect(await events(userId)).toEqual([{ type: 'user.invitation_bounced', data }])
})

/** Creates a webhook endpoint for bounced invitations. @returns a function that reads the events about a user. */
async function anEndpoint() {
  const endpoint = { url: 'https://8.8.8.8/hook', events: ['user.invitation_bounced'] }
  const { body } = await api.post('/v1/organizations/root/webhook-endpoints', endpoint)
  return async (userId: string) =>
    engine.db
      .selectFrom('webhook_deliveries')
      .innerJoin('outbox_events', 'outbox_events.id', 'event_id')
      .select(['type', 'data'])
      .where('endpoint_id', '=', String(body.id))
      .where(sql<boolean>`data ->> 'userId' = ${userId}`)
      .execute()
}

describe('A message to a refused recipient', () => {
  test('A refused recipient needs attention at the message only, and a skip completes the account', async () => {
    const email = 'nobody@example.com'
    engine.mailbox.unknownRecipients.add(email)
    const { body } = await api.addAccount(anAccountBody({ email }))
    expect(body).toMatchObject({
      status: 'needs_attention',
      invitation: { status: 'failed', sentAt: null, error: { code: 'recipient_refused' } },
    })
    const stuck = await api.get('/v1/onboardings?status=needs_attention&invitation=failed')
    expect(stuck.body.items.map(({ id }: { id: string }) => id)).toContain(body.id)

    const skip = { step: 'notify-user', reason: 'They were told by phone.' }
    expect((await api.post(`/v1/onboardings/${body.id}/skip`, skip)).status).toBe(202)
    const done = await api.until(body.id, 'completed')
    expect(done.invitation).toMatchObject({ status: 'failed' })
    const organization = `/v1/organizations/${done.organizationId}`
    expect((await api.get(organization)).body).toMatchObject({ status: 'active' })
    expect((await api.get(`${organization}/users`)).body.items).toMatchObject([{ email }])
    expect((await api.get(`${organization}/licenses`)).body.allocated).toBeGreaterThan(0)
  })
})

test('A message whose result could not be recorded is not sent again without a decision', async () => {
  const email = 'lost-record@example.com'
  const { body } = await addWithLostRecord(email)
  expect(body).toMatchObject({ status: 'needs_attention', invitation: { status: 'unknown' } })
  expect(mailsTo(engine, email)).toHaveLength(1)

  // The bounce proves that the message was sent.
  const messageId = mailsTo(engine, email)[0]?.messageId?.slice(1, -1) ?? ''
  await postReport(api.app, postfixReport({ messageId, email }))
  expect(await invitationOf(String(body.userId))).toMatchObject({ status: 'bounced' })
})

/** Adds an account whose message is sent while the step journal can not record that. */
const addWithLostRecord = (email: string) =>
  withTrigger(engine.db, { ...messageDone, body: "raise exception 'This result is lost.'" }, () =>
    api.addAccount(anAccountBody({ email })),
  )
const messageDone = {
  on: 'before update',
  table: 'step_runs',
  when: "new.step_id = 'notify-user' and new.status = 'done'",
} as const

test('A bounce that comes before the message is recorded as sent stays a bounce', async () => {
  const email = 'quick-bounce@example.com'
  // The trigger simulates a report that is faster than the commit of the step.
  const body = `update messages set status = 'bounced', error = '{"code":"mail_bounced"}' where run_id = new.run_id`
  const { userId } = await withTrigger(engine.db, { ...messageDone, body }, () => anInvitedUser(email))
  expect(await invitationOf(userId)).toMatchObject({ status: 'bounced', error: { code: 'mail_bounced' } })
})

test('A retry can not change the email of a user who has accepted the invitation', async () => {
  const email = 'owner@example.com'
  const { body } = await addWithLostRecord(email)
  await setPassword(api, linkIn(engine, email))
  const retry = { step: 'notify-user', input: { user: { email: 'thief@example.com' } } }
  expect((await api.post(`/v1/onboardings/${body.id}/retry`, retry)).status).toBe(202)
  await expect
    .poll(async () => {
      const { steps } = (await api.get(`/v1/onboardings/${body.id}`)).body as OnboardingView
      return steps.find(({ id }) => id === 'notify-user')?.error?.code
    })
    .toBe('invitation_accepted')
  expect((await api.get(`/v1/users/${body.userId}`)).body).toMatchObject({ email })
  expect(mailsTo(engine, 'thief@example.com')).toEqual([])
})

test('Onboardings are found by the current status of the invitation', async () => {
  const all = (await api.get('/v1/onboardings?limit=200')).body.items as OnboardingView[]
  const seen = new Set<string | undefined>()
  for (const status of invitationStatuses) {
    const { body } = await api.get(`/v1/onboardings?limit=200&invitation=${status}`)
    const expected = all.filter(({ invitation }) => invitation?.status === status)
    expect([status, body.items]).toEqual([status, expected])
    if (expected.length > 0) seen.add(status)
  }
  // The tests above have left invitations of each status, except those that are being sent.
  const settled = invitationStatuses.filter((status) => status !== 'sending' && status !== 'unknown')
  expect([...seen]).toEqual(settled)
  expect((await api.get('/v1/onboardings?invitation=lost')).status).toBe(400)
})
