import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OnboardingView } from '../../../api/runs/onboarding-schemas.ts'
import { invitationStatuses } from '../../../domain/users/invitations.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { eximReport, exchangeReport, postfixReport } from '../../builders/delivery-status-mail.ts'
import { type EngineApi, startApiFor } from '../../stack/api.ts'
import { type Engine, reportsSecret, startEngine } from '../../stack/tenantry-command.ts'
import { linkIn, mailsTo, setPassword } from './mails.ts'

let engine: Engine
let api: EngineApi

beforeAll(async () => {
  engine = await startEngine()
  api = await startApiFor(engine)
})
afterAll(async () => {
  await api.close()
  await engine.stop()
})

async function anInvitedUser(email: string) {
  const { body } = await api.addAccount(anAccountBody({ user: { fullName: 'Ada', email } }))
  expect(body.status).toBe('completed')
  const messageId = mailsTo(engine, email).at(-1)?.messageId?.slice(1, -1) ?? ''
  return { onboarding: body, userId: String(body.userId), messageId }
}

const report = (payload: string, authorization = `Bearer ${reportsSecret}`) =>
  api.app.inject({
    method: 'POST',
    url: '/v1/notifiers/smtp/webhooks',
    headers: { 'content-type': 'message/rfc822', authorization },
    payload,
  })

const invitationOf = async (userId: string) => (await api.send('GET', `/v1/users/${userId}`)).body.invitation

describe('an invitation', () => {
  test('is sent when a mail server has taken it, and delivered when one says so', async () => {
    const { onboarding, userId, messageId } = await anInvitedUser('delivered@example.com')
    const sent = { status: 'sent', sentAt: expect.stringMatching(/^2.*Z$/), error: null }
    expect(onboarding.invitation).toEqual(sent)
    expect(await invitationOf(userId)).toEqual(sent)
    const answer = await report(postfixReport({ messageId, action: 'delivered', status: '2.1.5' }))
    expect(answer.statusCode).toBe(204)
    expect(await invitationOf(userId)).toEqual({ ...sent, status: 'delivered' })
  })

  test('is not sent where nobody asked for it', async () => {
    const user = { fullName: 'Ada', email: 'not-sent@example.com', sendPasswordInstructions: false }
    const { body } = await api.addAccount(anAccountBody({ user }))
    expect(body.invitation).toEqual({ status: 'not_sent', sentAt: null, error: null })
  })

  test.each([
    ['Postfix', postfixReport],
    ['Exim', eximReport],
    ['Exchange', exchangeReport],
  ])('that came back, as %s tells, is shown as such wherever the user is', async (name, bounce) => {
    const email = `${name.toLowerCase()}@example.com`
    const { onboarding, userId, messageId } = await anInvitedUser(email)
    const answer = await report(bounce({ messageId, email }))
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
    expect((await api.send('GET', `/v1/onboardings/${onboarding.id}`)).body).toMatchObject({
      status: 'completed',
      invitation: bounced,
    })
    const users = `/v1/organizations/${onboarding.organizationId}/users`
    expect((await api.send('GET', `${users}?invitation=bounced`)).body.items).toMatchObject([{ id: userId }])
    expect((await api.send('GET', `${users}?invitation=sent`)).body.items).toEqual([])
    const found = await api.send('GET', '/v1/onboardings?status=completed&invitation=bounced')
    expect(found.body.items.map(({ id }: { id: string }) => id)).toContain(onboarding.id)
    expect(JSON.stringify(await invitationOf(userId))).not.toContain(email)
  })

  test('that nobody could deliver for days has failed', async () => {
    const { userId, messageId } = await anInvitedUser('expired@example.com')
    await report(postfixReport({ messageId, status: '4.4.1' }))
    expect(await invitationOf(userId)).toMatchObject({ status: 'failed', error: { code: 'mail_expired' } })
  })

  test('that is only late is still sent', async () => {
    const { userId, messageId } = await anInvitedUser('late@example.com')
    await report(postfixReport({ messageId, action: 'delayed', status: '4.4.1' }))
    expect(await invitationOf(userId)).toMatchObject({ status: 'sent', error: null })
  })
})

describe('a report', () => {
  test('that is told again, or contradicted later, changes nothing', async () => {
    const { userId, messageId } = await anInvitedUser('twice@example.com')
    await report(postfixReport({ messageId, status: '5.2.1' }))
    const first = await invitationOf(userId)
    for (const status of ['5.2.1', '5.1.1', '4.4.1'])
      expect((await report(postfixReport({ messageId, status }))).statusCode).toBe(204)
    await report(postfixReport({ messageId, action: 'delivered', status: '2.1.5' }))
    expect(await invitationOf(userId)).toEqual(first)
    expect(first).toMatchObject({
      error: { message: expect.stringContaining('does not accept mail (status code 5.2.1)') },
    })
  })

  test('about a message that is not ours is passed over', async () => {
    const answer = await report(postfixReport({ messageId: 'somebody@else.example' }))
    expect(answer.statusCode).toBe(204)
  })

  test('without the secret of its own changes nothing, and an API key does not stand for it', async () => {
    const { userId, messageId } = await anInvitedUser('refused@example.com')
    for (const authorization of ['', 'Bearer wrong', `Bearer ${engine.apiKey}`]) {
      const answer = await report(postfixReport({ messageId }), authorization)
      expect([answer.statusCode, answer.json().code]).toEqual([400, 'webhook_refused'])
    }
    expect(await invitationOf(userId)).toMatchObject({ status: 'sent' })
  })

  test('at a notifier that takes none, or is not there, is 404', async () => {
    const answer = await api.app.inject({ method: 'POST', url: '/v1/notifiers/pigeon/webhooks', payload: '' })
    expect(answer.statusCode).toBe(404)
  })

  test('that comes after the person has accepted changes nothing, and is told to nobody', async () => {
    const events = await anEndpoint()
    const email = 'accepted@example.com'
    const { userId, messageId } = await anInvitedUser(email)
    await setPassword(api, linkIn(engine, email))
    await report(postfixReport({ messageId }))
    expect(await invitationOf(userId)).toMatchObject({ status: 'accepted', error: null })
    expect(await events(userId)).toEqual([])
  })
})

test('an invitation that came back is told to webhook endpoints, once and without naming anybody', async () => {
  const events = await anEndpoint()
  const email = 'told@example.com'
  const { onboarding, userId, messageId } = await anInvitedUser(email)
  await report(postfixReport({ messageId, email }))
  await report(eximReport({ messageId, email }))
  expect(await events(userId)).toEqual([
    {
      type: 'user.invitation_bounced',
      data: { userId, organizationId: onboarding.organizationId },
    },
  ])
})

/** @returns what the endpoint is told of a user. */
async function anEndpoint() {
  const { body } = await api.send('POST', '/v1/organizations/root/webhook-endpoints', {
    url: 'https://8.8.8.8/hook',
    events: ['user.invitation_bounced'],
  })
  return async (userId: string) =>
    engine.db
      .selectFrom('webhook_deliveries')
      .innerJoin('outbox_events', 'outbox_events.id', 'event_id')
      .select(['type', 'data'])
      .where('endpoint_id', '=', String(body.id))
      .where(sql<boolean>`data ->> 'userId' = ${userId}`)
      .execute()
}

describe('a message whose recipient is refused for good', () => {
  test('leaves the account whole, shows that, and needs no more than a skip', async () => {
    const email = 'nobody@example.com'
    engine.mailbox.unknownRecipients.add(email)
    const { body } = await api.addAccount(anAccountBody({ user: { fullName: 'Ada', email } }))
    expect(body).toMatchObject({
      status: 'needs_attention',
      invitation: { status: 'failed', sentAt: null, error: { code: 'recipient_refused' } },
    })
    const stuck = await api.send('GET', '/v1/onboardings?status=needs_attention&invitation=failed')
    expect(stuck.body.items.map(({ id }: { id: string }) => id)).toContain(body.id)

    const skip = { step: 'notify-user', reason: 'They were told by phone.' }
    expect((await api.send('POST', `/v1/onboardings/${body.id}/skip`, skip)).status).toBe(202)
    const done = await api.until(body.id, 'completed')
    expect(done.invitation).toMatchObject({ status: 'failed' })
    const organization = `/v1/organizations/${done.organizationId}`
    expect((await api.send('GET', organization)).body).toMatchObject({ status: 'active' })
    expect((await api.send('GET', `${organization}/users`)).body.items).toMatchObject([{ email }])
    expect((await api.send('GET', `${organization}/licenses`)).body.allocated).toBeGreaterThan(0)
  })
})

test('a message whose result could not be put on record is not sent again by itself', async () => {
  const email = 'lost-record@example.com'
  const { body } = await loseRecordOf(email)
  expect(body).toMatchObject({ status: 'needs_attention', invitation: { status: 'unknown' } })
  expect(mailsTo(engine, email)).toHaveLength(1)

  // What came back says that it was sent, and that it did not arrive.
  const messageId = mailsTo(engine, email)[0]?.messageId?.slice(1, -1) ?? ''
  await report(postfixReport({ messageId, email }))
  expect(await invitationOf(String(body.userId))).toMatchObject({ status: 'bounced' })
})

/** Adds an account whose message goes out, while that can't be put on record. */
async function loseRecordOf(email: string) {
  await sql
    .raw(`
    create or replace function lose_record() returns trigger language plpgsql as $$ begin
      raise exception 'This result is lost.'; end $$;
    create trigger lose_record before update on step_runs for each row
      when (new.step_id = 'notify-user' and new.status = 'done') execute function lose_record()`)
    .execute(engine.db)
  const answer = await api.addAccount(anAccountBody({ user: { fullName: 'Ada', email } }))
  await sql.raw('drop trigger lose_record on step_runs').execute(engine.db)
  return answer
}

test('a message that came back before it was put on record as sent, has come back', async () => {
  const email = 'quick-bounce@example.com'
  // The trigger stands for a report that is faster than our own commit.
  await sql
    .raw(`
    create function bounce_early() returns trigger language plpgsql as $$ begin
      update messages set status = 'bounced', error = '{"code":"mail_bounced"}' where run_id = new.run_id;
      return new; end $$;
    create trigger bounce_early before update on step_runs for each row
      when (new.step_id = 'notify-user' and new.status = 'done') execute function bounce_early()`)
    .execute(engine.db)
  const { userId } = await anInvitedUser(email)
  await sql.raw('drop trigger bounce_early on step_runs').execute(engine.db)
  expect(await invitationOf(userId)).toMatchObject({ status: 'bounced', error: { code: 'mail_bounced' } })
})

test('an account that a person has taken over is not given to another email by a retry', async () => {
  const email = 'owner@example.com'
  const { body } = await loseRecordOf(email)
  await setPassword(api, linkIn(engine, email))
  const { status } = await api.send('POST', `/v1/onboardings/${body.id}/retry`, {
    step: 'notify-user',
    input: { user: { email: 'thief@example.com' } },
  })
  expect(status).toBe(202)
  await expect
    .poll(async () => {
      const { steps } = (await api.send('GET', `/v1/onboardings/${body.id}`)).body as OnboardingView
      return steps.find(({ id }) => id === 'notify-user')?.error?.code
    })
    .toBe('invitation_accepted')
  expect((await api.send('GET', `/v1/users/${body.userId}`)).body).toMatchObject({ email })
  expect(mailsTo(engine, 'thief@example.com')).toEqual([])
})

test('onboardings are found by how the invitation of their user is now', async () => {
  const all = (await api.send('GET', '/v1/onboardings?limit=200')).body.items as OnboardingView[]
  const seen = new Set<string | undefined>()
  for (const status of invitationStatuses) {
    const { body } = await api.send('GET', `/v1/onboardings?limit=200&invitation=${status}`)
    const expected = all.filter(({ invitation }) => invitation?.status === status)
    expect([status, body.items]).toEqual([status, expected])
    if (expected.length > 0) seen.add(status)
  }
  // The tests above have left some of each, but of what is on its way.
  expect([...seen]).toEqual(
    invitationStatuses.filter((status) => status !== 'sending' && status !== 'unknown'),
  )
  expect((await api.send('GET', '/v1/onboardings?invitation=lost')).status).toBe(400)
})
