import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildApp } from '../../api/app.ts'
import { createTemporalRuns } from '../../api/temporal-runs.ts'
import { addAccountWorkflowId } from '../../workflows/contract.ts'
import { anAccountBody } from '../builders/account-body.ts'
import { type Engine, publicUrl, startEngine } from '../stack/tenantry.ts'

// The whole way: the API, a real Temporal, a worker, Postgres and a mailbox.
let engine: Engine
let app: FastifyInstance

beforeAll(async () => {
  engine = await startEngine()
  const { db, url, client, taskQueue, registry, identity } = engine
  app = await buildApp({
    db,
    databaseUrl: url,
    registry,
    identity,
    temporal: createTemporalRuns({ client, db, taskQueue, attentionDays: 30 }),
    publicUrl,
    namespace: 'default',
    log: { level: 'silent' },
  })
})
afterAll(async () => {
  await app.close()
  await engine.stop()
})

async function send(
  method: 'GET' | 'POST',
  url: string,
  body?: unknown,
  headers: Record<string, string> = {},
) {
  const response = await app.inject({
    method,
    url,
    headers: { authorization: `Bearer ${engine.apiKey}`, ...headers },
    ...(body === undefined ? {} : { payload: body as object }),
  })
  return { status: response.statusCode, headers: response.headers, body: response.json() }
}

const addAccount = (body: unknown) =>
  send('POST', '/v1/organizations/root/accounts', body, { prefer: 'wait=20' })

describe('an account', () => {
  test('is there when the wait is over, with its user, its licenses and an invitation', async () => {
    const user = { fullName: 'Ada', email: 'ada@example.com' }
    const { status, body } = await addAccount(anAccountBody({ user, plan: { kind: 'trial', licenses: 3 } }))
    expect([status, body.status]).toEqual([201, 'completed'])
    const organization = `/v1/organizations/${body.organizationId}`
    expect((await send('GET', organization)).body).toMatchObject({ type: 'customer', state: 'US-TX' })
    expect((await send('GET', `${organization}/users`)).body.items).toMatchObject([
      { id: body.userId, ...user },
    ])
    expect((await send('GET', `${organization}/licenses`)).body).toMatchObject({
      allocated: 3,
      plan: { kind: 'trial', billingAdapter: 'ledger', trialEndsAt: expect.stringMatching(/^2/) },
    })
    expect(engine.mailbox.messages.at(-1)?.to).toMatchObject({ text: expect.stringContaining(user.email) })
    expect(
      (await send('GET', `/v1/onboardings?organizationId=${body.organizationId}`)).body.items,
    ).toHaveLength(1)
  })

  test('is found in Temporal by search attributes, and no person is named there', async () => {
    const user = { fullName: 'Zaphod Beeblebrox', email: 'zaphod@example.com' }
    const { body } = await addAccount(anAccountBody({ user }))
    const handle = engine.client.workflow.getHandle(addAccountWorkflowId(body.id))
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
    expect(body.workflow).toMatchObject({ id: addAccountWorkflowId(body.id), runId: expect.any(String) })
  })
})

describe('a stuck onboarding', () => {
  test('goes on after a retry with a corrected email, and makes no second organization', async () => {
    const stuck = await stuckOnEmail('first@example.com')
    const retried = await send('POST', `/v1/onboardings/${stuck.id}/retry`, {
      step: 'create-user',
      input: { user: { email: 'corrected@example.com' } },
    })
    expect(retried.status).toBe(202)
    const done = await untilStatus(stuck.id, 'completed')
    expect(done.request.user.email).toBe('corrected@example.com')
    expect(done.organizationId).toBe(stuck.organizationId)
    const made = await engine.db
      .selectFrom('organizations')
      .select('id')
      .where('name', '=', 'first@example.com')
      .execute()
    expect(made).toHaveLength(1)
  })

  test('can be cancelled, which undoes what was done', async () => {
    const stuck = await stuckOnEmail('second@example.com')
    expect(
      (await send('POST', `/v1/onboardings/${stuck.id}/cancel`, { reason: 'Ordered twice.' })).status,
    ).toBe(202)
    await untilStatus(stuck.id, 'cancelled')
    expect((await send('GET', `/v1/organizations/${stuck.organizationId}`)).status).toBe(404)
    expect((await send('POST', `/v1/onboardings/${stuck.id}/retry`)).status).toBe(409)
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
      'create or replace trigger take_email after insert on onboardings for each row execute function take_email()',
    )
    .execute(engine.db)
  const body = anAccountBody({ company: { name: email, state: 'TX' }, user: { fullName: 'Ada', email } })
  const answer = await addAccount(body)
  await sql.raw('drop trigger take_email on onboardings').execute(engine.db)
  expect(answer.body.status).toBe('needs_attention')
  return answer.body
}

async function untilStatus(id: string, status: string) {
  await expect
    .poll(async () => (await send('GET', `/v1/onboardings/${id}`)).body.status, { timeout: 20_000 })
    .toBe(status)
  return (await send('GET', `/v1/onboardings/${id}`)).body
}
