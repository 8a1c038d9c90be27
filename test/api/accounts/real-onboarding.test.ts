import { Client, Connection } from '@temporalio/client'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { startTemporal } from '../../../cli/stack/temporal/temporal-server.ts'
import { workflowIdOf } from '../../../workflows/contract.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { type EngineApi, startApiFor } from '../../stack/api.ts'
import { type Engine, startEngine } from '../../stack/tenantry-command.ts'

// The whole way: the API, a real Temporal, a worker, Postgres and a mailbox.
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

describe('an account', () => {
  test('is there when the wait is over, with its user, its licenses and an invitation', async () => {
    const user = { fullName: 'Ada', email: 'ada@example.com' }
    const { status, body } = await api.addAccount(
      anAccountBody({ user, plan: { kind: 'trial', licenses: 3 } }),
    )
    expect([status, body.status]).toEqual([201, 'completed'])
    const organization = `/v1/organizations/${body.organizationId}`
    expect((await api.send('GET', organization)).body).toMatchObject({ type: 'customer', state: 'US-TX' })
    expect((await api.send('GET', `${organization}/users`)).body.items).toMatchObject([
      { id: body.userId, ...user },
    ])
    expect((await api.send('GET', `${organization}/licenses`)).body).toMatchObject({
      allocated: 3,
      plan: { kind: 'trial', billingAdapter: 'ledger', trialEndsAt: expect.stringMatching(/^2/) },
    })
    expect(engine.mailbox.messages.at(-1)?.to).toMatchObject({ text: expect.stringContaining(user.email) })
    expect(
      (await api.send('GET', `/v1/onboardings?organizationId=${body.organizationId}`)).body.items,
    ).toHaveLength(1)
    const { items: activity } = (await api.send('GET', `${organization}/activity`)).body
    expect(activity[0]).toMatchObject({ type: 'onboarding', data: { status: 'completed' } })
    expect(activity).toContainEqual(
      expect.objectContaining({ type: 'step', data: expect.objectContaining({ step: 'create-user' }) }),
    )
    expect(activity.at(-1)).toMatchObject({ onboardingId: body.id, data: { status: 'accepted' } })
  })

  test('is described in Temporal, where no person is named', async () => {
    const user = { fullName: 'Zaphod Beeblebrox', email: 'zaphod@example.com' }
    const { body } = await api.addAccount(anAccountBody({ user }))
    const handle = engine.client.workflow.getHandle(workflowIdOf({ kind: 'add-account', id: body.id }))
    const description = await handle.describe()
    expect(await description.staticSummary()).toBe(
      'Add customer “Northwind Traders” under Platform: 5-license trial, with a user',
    )
    const history = JSON.stringify(await handle.fetchHistory())
    const readable = [...history.matchAll(/"data":"([^"]+)"/g)].map(([, data = '']) =>
      Buffer.from(data, 'base64').toString(),
    )
    for (const personal of ['Zaphod', 'zaphod@example.com'])
      expect(history + readable.join()).not.toContain(personal)
    expect(body.workflow).toMatchObject({
      id: workflowIdOf({ kind: 'add-account', id: body.id }),
      runId: expect.any(String),
    })
  })
})

describe('a request under an idempotency key', () => {
  const key = { 'idempotency-key': 'order-4711' }
  const body = anAccountBody({
    company: { name: 'Fifty', state: 'TX' },
    user: { fullName: 'Ada', email: 'fifty@example.com' },
  })

  test('that comes fifty times at once adds one account and sends one email', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => api.addAccount(body, key)))
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1)
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
    const made = await engine.db
      .selectFrom('organizations')
      .select('id')
      .where('name', '=', 'Fifty')
      .execute()
    expect(made).toHaveLength(1)
    expect(mailsTo('fifty@example.com')).toHaveLength(1)
  })

  test('is answered with the same account after the history of its workflow is gone', async () => {
    const first = await api.addAccount(body, key)
    const empty = await startTemporal({ cliPath: inject('temporalCliPath'), dataDir: null })
    const connection = await Connection.connect({ address: empty.address })
    const client = new Client({ connection })
    const withoutHistory = await startApiFor({ ...engine, client })

    const again = await withoutHistory.addAccount(body, key)
    expect([again.status, again.body]).toEqual([201, first.body])
    const { count } = await client.workflow.count()
    expect([count, mailsTo('fifty@example.com').length]).toEqual([0, 1])
    await withoutHistory.close()
    await connection.close()
    await empty.stop()
  })
})

describe('two accounts with the same email', () => {
  test('that are asked for at the same moment become one account with one invitation', async () => {
    const email = 'twins@example.com'
    const answers = await Promise.all(
      ['Castor', 'Pollux', 'Helen'].map((name) =>
        api.addAccount(anAccountBody({ company: { name, state: 'TX' }, user: { fullName: name, email } })),
      ),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    // The others were refused, or when they were accepted before there was the first one's user, wait for another email.
    for (const { body } of answers.filter(({ status }) => status !== 201)) {
      expect(JSON.stringify(body)).toContain('email_taken')
      expect(body.code ?? body.status).toMatch(/^(invalid_request|needs_attention)$/)
    }
    const users = await engine.db.selectFrom('users').select('id').where('email', '=', email).execute()
    expect([users.length, mailsTo(email).length]).toEqual([1, 1])
  })
})

const mailsTo = (email: string) =>
  engine.mailbox.messages.filter((mail) => JSON.stringify(mail.to).includes(email))

describe('a stuck onboarding', () => {
  test('goes on after a retry with a corrected email, and makes no second organization', async () => {
    const stuck = await stuckOnEmail('first@example.com')
    const retried = await api.send('POST', `/v1/onboardings/${stuck.id}/retry`, {
      step: 'create-user',
      input: { user: { email: 'corrected@example.com' } },
    })
    expect(retried.status).toBe(202)
    const done = await api.until(stuck.id, 'completed')
    expect(done.request.user?.email).toBe('corrected@example.com')
    expect(done.organizationId).toBe(stuck.organizationId)
    const made = await engine.db
      .selectFrom('organizations')
      .select('id')
      .where('name', '=', 'first@example.com')
      .execute()
    expect(made).toHaveLength(1)
  })

  test('invites the person at a corrected address, which then is the one to sign in with', async () => {
    engine.mailbox.unknownRecipients.add('mistyped@example.com')
    const user = { fullName: 'Ada', email: 'mistyped@example.com' }
    const { body: stuck } = await api.addAccount(anAccountBody({ user }))
    expect(stuck.steps.at(-1)).toMatchObject({ status: 'needs_attention', error: { class: 'needs_input' } })
    const retry = (email: string) =>
      api.send('POST', `/v1/onboardings/${stuck.id}/retry`, {
        step: 'notify-user',
        input: { user: { email } },
      })
    expect((await retry('fifty@example.com')).body.errors[0].pointer).toBe('/input/user/email')
    expect((await retry('typed@example.com')).status).toBe(202)
    const done = await api.until(stuck.id, 'completed')
    expect(mailsTo('typed@example.com')).toHaveLength(1)
    expect(
      (await api.send('GET', `/v1/organizations/${done.organizationId}/users`)).body.items,
    ).toMatchObject([{ email: 'typed@example.com', invitation: { status: 'sent' } }])
  })

  test('can be cancelled, which undoes what was done', async () => {
    const stuck = await stuckOnEmail('second@example.com')
    expect(
      (await api.send('POST', `/v1/onboardings/${stuck.id}/cancel`, { reason: 'Ordered twice.' })).status,
    ).toBe(202)
    await api.until(stuck.id, 'cancelled')
    expect((await api.send('GET', `/v1/organizations/${stuck.organizationId}`)).status).toBe(404)
    expect((await api.send('POST', `/v1/onboardings/${stuck.id}/retry`)).status).toBe(409)
  })
})

/** The email is free when the request is checked, and taken when its run gets there: a trigger stands for the race. */
async function stuckOnEmail(email: string) {
  await sql
    .raw(`
    create or replace function take_email() returns trigger language plpgsql as $$ begin
      insert into users (id, organization_id, full_name, email)
      values ('usr_' || new.id, new.parent_id, 'Somebody', new.request #>> '{user,email}');
      return new; end $$`)
    .execute(engine.db)
  await sql
    .raw(
      'create or replace trigger take_email after insert on runs for each row execute function take_email()',
    )
    .execute(engine.db)
  const body = anAccountBody({ company: { name: email, state: 'TX' }, user: { fullName: 'Ada', email } })
  const answer = await api.addAccount(body)
  await sql.raw('drop trigger take_email on runs').execute(engine.db)
  expect(answer.body.status).toBe('needs_attention')
  return answer.body
}
