import { describe, expect, test } from 'vitest'
import { userExamples } from '../../../api/users/schemas.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { takenEmail, withTrigger } from '../../builders/trigger.ts'
import { historyTextOf, untilOperation, workflowOf } from '../runs/run-calls.ts'
import { linkIn, mailsTo, setPassword } from './mails.ts'
import { rowsOf } from '../../builders/rows.ts'
import { idsOf, pointersOf } from '../api-under-test.ts'

const { engine, api } = await startEngineForFile()
const account = String((await api.addAccount(anAccountBody())).body.organizationId)

const add = (body: unknown, headers: Record<string, string> = {}, organization = account) =>
  api.post(`/v1/organizations/${organization}/users`, body, { prefer: 'wait=20', ...headers })

const aBody = (email: string, more: object = {}) => ({ fullName: 'Grace Hopper', email, ...more })

const usersNamed = (email: string) => rowsOf(engine.db, 'users', { email })

describe('Adding a user', () => {
  test('A user of an existing account is added, invited and can sign in', async () => {
    const { status, headers, body } = await add(userExamples.invited)
    expect(status).toBe(201)
    expect(headers.location).toBe(`/v1/operations/${body.id}`)
    expect(body).toMatchObject({ kind: 'add-user', status: 'completed', organizationId: account })
    expect(body.invitation).toMatchObject({ status: 'sent' })
    expect(idsOf(body.steps)).toEqual(['validate-user', 'create-user', 'notify-user'])
    const { email, fullName } = userExamples.invited
    const user = (await api.get(`/v1/users/${body.userId}`)).body
    expect(user).toMatchObject({ organizationId: account, fullName, email })
    expect(mailsTo(engine, email)[0]?.subject).toBe('Choose your password for Northwind Traders')
    expect(await setPassword(api, linkIn(engine, email))).toBe(200)
  })

  test('A request without a wait is answered with 202 at once', async () => {
    const { status, body } = await api.post(`/v1/organizations/${account}/users`, aBody('quick@example.com'))
    expect([status, body.status]).toEqual([202, 'accepted'])
    await untilOperation(api, body.id, 'completed')
  })

  test('A user without password instructions gets no message', async () => {
    const { body } = await add(aBody('silent@example.com', { sendPasswordInstructions: false }))
    expect(body).toMatchObject({ status: 'completed', invitation: { status: 'not_sent' } })
    expect(mailsTo(engine, 'silent@example.com')).toEqual([])
  })

  test('A dry run shows the steps and has no effect', async () => {
    const url = `/v1/organizations/${account}/users?dryRun=true`
    const { status, body } = await api.post(url, aBody('dry-run@example.com'))
    expect([status, body.kind, body.steps.length]).toEqual([200, 'add-user', 3])
    expect(await usersNamed('dry-run@example.com')).toEqual([])
  })

  test('Twenty requests at once under one key add one user', async () => {
    const key = { 'idempotency-key': 'user-1' }
    const body = aBody('fifty@example.com')
    const answers = await Promise.all(Array.from({ length: 20 }, () => add(body, key)))
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1)
    expect(await usersNamed('fifty@example.com')).toHaveLength(1)
    expect(mailsTo(engine, 'fifty@example.com')).toHaveLength(1)
    expect((await add(aBody('sixty@example.com'), key)).status).toBe(422)
  })

  test('A taken email and invalid fields are refused by their pointers', async () => {
    await add(aBody('taken@example.com'))
    const taken = await add(aBody('Taken@Example.com'))
    expect(taken.status).toBe(422)
    expect(taken.body.errors).toMatchObject([{ pointer: '/email', code: 'email_taken' }])
    const wrong = await add({ fullName: '', email: 'nobody', role: 'admin' })
    expect(pointersOf(wrong).toSorted()).toEqual(['/email', '/fullName', '/role'])
  })

  test('A user can not be added to a suspended account', async () => {
    const { body } = await api.addAccount(anAccountBody())
    const suspended = String(body.organizationId)
    await api.post(`/v1/organizations/${suspended}/suspend`, {}, { prefer: 'wait=20' })
    const { status, body: problem } = await add(aBody('suspended@example.com'), {}, suspended)
    expect([status, problem.code]).toEqual([409, 'organization_not_active'])
  })

  test('The workflow is described in Temporal without naming the user', async () => {
    const { body } = await add(aBody('zaphod@example.com', { fullName: 'Zaphod' }))
    const handle = workflowOf(engine, body.id, 'add-user')
    const description = await handle.describe()
    expect(description.type).toBe('addUser')
    expect(await description.staticSummary()).toBe('Add a user to “Northwind Traders”')
    expect(await historyTextOf(handle)).not.toMatch(/zaphod/i)
  })
})

describe('A stuck run that adds a user', () => {
  test('A retry with a corrected email adds the user', async () => {
    const stuck = await stuckOnEmail('first@example.com')
    const retry = (input: unknown) =>
      api.post(`/v1/operations/${stuck.id}/retry`, { step: 'create-user', input })
    for (const [input, problem] of [
      [{ user: { email: 'first@example' } }, { pointer: '/input/user/email' }],
      [{ organizationId: 'org_other' }, { pointer: '/input/organizationId', code: 'unknown_field' }],
      [{ user: { email: 'taken-too@example.com' } }, { pointer: '/input/user/email', code: 'email_taken' }],
    ])
      expect((await retry(input)).body.errors).toMatchObject([problem])
    expect((await retry({ user: { email: 'second@example.com' } })).status).toBe(202)
    await untilOperation(api, stuck.id, 'completed')
    expect(await usersNamed('second@example.com')).toMatchObject([{ organization_id: account }])
    expect(mailsTo(engine, 'second@example.com')).toHaveLength(1)
  })

  test('A cancel removes the user and leaves the account as it was', async () => {
    const before = await api.get(`/v1/organizations/${account}`)
    engine.mailbox.unknownRecipients.add('unknown@example.com')
    const { body } = await add(aBody('unknown@example.com'))
    expect(body).toMatchObject({ status: 'needs_attention', invitation: { status: 'failed' } })
    expect(await usersNamed('unknown@example.com')).toHaveLength(1)
    expect((await api.send('POST', `/v1/operations/${body.id}/cancel`)).status).toBe(202)
    await untilOperation(api, body.id, 'cancelled')
    expect(await usersNamed('unknown@example.com')).toEqual([])
    expect((await api.get(`/v1/operations/${body.id}`)).body.invitation).toBeNull()
    expect((await api.get(`/v1/organizations/${account}`)).body).toEqual(before.body)
  })
})

/** Adds a user whose email is taken between the check of the request and the step. */
async function stuckOnEmail(email: string) {
  await add(aBody('taken-too@example.com', { sendPasswordInstructions: false }))
  const answer = await withTrigger(engine.db, takenEmail, () => add(aBody(email)))
  expect(answer.body).toMatchObject({ status: 'needs_attention', invitation: null })
  return answer.body
}
