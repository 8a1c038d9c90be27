import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anAccountBody } from '../../builders/account-body.ts'
import { userExamples } from '../../../api/users/schemas.ts'
import { workflowIdOf } from '../../../workflows/contract.ts'
import { type EngineApi, startApiFor } from '../../stack/api.ts'
import { type Engine, startEngine } from '../../stack/tenantry-command.ts'
import { linkIn, mailsTo, setPassword } from './mails.ts'

let engine: Engine
let api: EngineApi
let account: string

beforeAll(async () => {
  engine = await startEngine()
  api = await startApiFor(engine)
  account = String((await api.addAccount(anAccountBody())).body.organizationId)
})
afterAll(async () => {
  await api.close()
  await engine.stop()
})

const add = (body: unknown, headers: Record<string, string> = {}, organization = account) =>
  api.send('POST', `/v1/organizations/${organization}/users`, body, { prefer: 'wait=20', ...headers })

const aBody = (email: string, more: object = {}) => ({ fullName: 'Grace Hopper', email, ...more })

const usersNamed = async (email: string) =>
  engine.db.selectFrom('users').select(['id', 'organization_id']).where('email', '=', email).execute()

const untilOperation = (id: string, status: string) =>
  expect.poll(async () => (await api.send('GET', `/v1/operations/${id}`)).body.status).toBe(status)

describe('a user', () => {
  test('is added to an account that exists, invited, and signs in', async () => {
    const { status, headers, body } = await add(userExamples.invited)
    expect(status).toBe(201)
    expect(headers.location).toBe(`/v1/operations/${body.id}`)
    expect(body).toMatchObject({
      kind: 'add-user',
      status: 'completed',
      organizationId: account,
      invitation: { status: 'sent' },
    })
    expect(body.steps.map(({ id }: { id: string }) => id)).toEqual([
      'validate-user',
      'create-user',
      'notify-user',
    ])
    const { email, fullName } = userExamples.invited
    expect((await api.send('GET', `/v1/users/${body.userId}`)).body).toMatchObject({
      organizationId: account,
      fullName,
      email,
    })
    expect(mailsTo(engine, email)[0]?.subject).toBe('Choose your password for Northwind Traders')
    expect(await setPassword(api, linkIn(engine, email))).toBe(200)
  })

  test('is answered for at once where nobody waits', async () => {
    const { status, body } = await api.send(
      'POST',
      `/v1/organizations/${account}/users`,
      aBody('quick@example.com'),
    )
    expect([status, body.status]).toEqual([202, 'accepted'])
    await untilOperation(body.id, 'completed')
  })

  test('is not written to where nobody asked for it', async () => {
    const { body } = await add(aBody('silent@example.com', { sendPasswordInstructions: false }))
    expect(body).toMatchObject({ status: 'completed', invitation: { status: 'not_sent' } })
    expect(mailsTo(engine, 'silent@example.com')).toEqual([])
  })

  test('has a dry run without any effect', async () => {
    const url = `/v1/organizations/${account}/users?dryRun=true`
    const { status, body } = await api.send('POST', url, aBody('dry-run@example.com'))
    expect([status, body.kind, body.steps.length]).toEqual([200, 'add-user', 3])
    expect(await usersNamed('dry-run@example.com')).toEqual([])
  })

  test('is added once under one key, however often it is asked for at once', async () => {
    const key = { 'idempotency-key': 'user-1' }
    const body = aBody('fifty@example.com')
    const answers = await Promise.all(Array.from({ length: 20 }, () => add(body, key)))
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1)
    expect(await usersNamed('fifty@example.com')).toHaveLength(1)
    expect(mailsTo(engine, 'fifty@example.com')).toHaveLength(1)
    expect((await add(aBody('sixty@example.com'), key)).status).toBe(422)
  })

  test('of somebody else is refused with all that is wrong named', async () => {
    await add(aBody('taken@example.com'))
    const taken = await add(aBody('Taken@Example.com'))
    expect([taken.status, taken.body.errors]).toEqual([
      422,
      [expect.objectContaining({ pointer: '/email', code: 'email_taken' })],
    ])
    const wrong = await add({ fullName: '', email: 'nobody', role: 'admin' })
    expect(wrong.body.errors.map(({ pointer }: { pointer: string }) => pointer).toSorted()).toEqual([
      '/email',
      '/fullName',
      '/role',
    ])
  })

  test('is not added to an account that is suspended', async () => {
    const { body } = await api.addAccount(anAccountBody())
    const suspended = String(body.organizationId)
    await api.send('POST', `/v1/organizations/${suspended}/suspend`, {}, { prefer: 'wait=20' })
    const { status, body: problem } = await add(aBody('suspended@example.com'), {}, suspended)
    expect([status, problem.code]).toEqual([409, 'organization_not_active'])
  })

  test('is described in Temporal without being named', async () => {
    const { body } = await add(aBody('zaphod@example.com', { fullName: 'Zaphod' }))
    const handle = engine.client.workflow.getHandle(workflowIdOf({ kind: 'add-user', id: body.id }))
    const description = await handle.describe()
    expect([description.type, await description.staticSummary()]).toEqual([
      'addUser',
      'Add a user to “Northwind Traders”',
    ])
    const history = JSON.stringify(await handle.fetchHistory())
    const readable = [...history.matchAll(/"data":"([^"]+)"/g)].map(([, data = '']) =>
      Buffer.from(data, 'base64').toString(),
    )
    expect(history + readable.join()).not.toMatch(/zaphod/i)
  })
})

describe('adding a user that is stuck', () => {
  test('goes on after a retry with a corrected email', async () => {
    const stuck = await stuckOnEmail('first@example.com')
    const retry = (input: unknown) =>
      api.send('POST', `/v1/operations/${stuck.id}/retry`, { step: 'create-user', input })
    expect((await retry({ user: { email: 'first@example' } })).body.errors).toMatchObject([
      { pointer: '/input/user/email' },
    ])
    expect((await retry({ organizationId: 'org_other' })).body.errors).toMatchObject([
      { pointer: '/input/organizationId', code: 'unknown_field' },
    ])
    expect((await retry({ user: { email: 'taken-too@example.com' } })).body.errors).toMatchObject([
      { pointer: '/input/user/email', code: 'email_taken' },
    ])
    expect((await retry({ user: { email: 'second@example.com' } })).status).toBe(202)
    await untilOperation(stuck.id, 'completed')
    expect(await usersNamed('second@example.com')).toMatchObject([{ organization_id: account }])
    expect(mailsTo(engine, 'second@example.com')).toHaveLength(1)
  })

  test('is undone by a cancel, and the account stays as it was', async () => {
    const before = await api.send('GET', `/v1/organizations/${account}`)
    engine.mailbox.unknownRecipients.add('unknown@example.com')
    const { body } = await add(aBody('unknown@example.com'))
    expect(body).toMatchObject({ status: 'needs_attention', invitation: { status: 'failed' } })
    expect(await usersNamed('unknown@example.com')).toHaveLength(1)
    expect((await api.send('POST', `/v1/operations/${body.id}/cancel`)).status).toBe(202)
    await untilOperation(body.id, 'cancelled')
    expect(await usersNamed('unknown@example.com')).toEqual([])
    expect((await api.send('GET', `/v1/operations/${body.id}`)).body.invitation).toBeNull()
    expect((await api.send('GET', `/v1/organizations/${account}`)).body).toEqual(before.body)
  })
})

/** The email is free when the request is checked, and taken when its run gets there: a trigger stands for the race. */
async function stuckOnEmail(email: string) {
  await add(aBody('taken-too@example.com', { sendPasswordInstructions: false }))
  await sql
    .raw(`
    create function take_email() returns trigger language plpgsql as $$ begin
      insert into users (id, organization_id, full_name, email)
      values ('usr_' || new.id, new.parent_id, 'Somebody', new.request #>> '{user,email}');
      return new; end $$;
    create trigger take_email after insert on runs for each row execute function take_email()`)
    .execute(engine.db)
  const answer = await add(aBody(email))
  await sql.raw('drop trigger take_email on runs').execute(engine.db)
  expect(answer.body).toMatchObject({ status: 'needs_attention', invitation: null })
  return answer.body
}
