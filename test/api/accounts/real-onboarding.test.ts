import { Client, Connection } from '@temporalio/client'
import { describe, expect, inject, test } from 'vitest'
import { startTemporal } from '../../../cli/stack/temporal/temporal-server.ts'
import { workflowIdOf } from '../../../workflows/contract.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { takenEmail, withTrigger } from '../../builders/trigger.ts'
import { startApiFor } from '../../stack/api.ts'
import { historyTextOf, workflowOf } from '../runs/run-calls.ts'
import { mailsTo } from '../users/mails.ts'
import { rowsOf } from '../../builders/rows.ts'

// Onboardings end to end, with the API, a real Temporal server, a worker, Postgres and a mailbox.

const { engine, api } = await startEngineForFile()

describe('A new account', () => {
  test('An account exists when the wait ends, with its user, its licenses and an invitation', async () => {
    const user = { fullName: 'Ada', email: 'ada@example.com' }
    const { status, body } = await api.addAccount(
      anAccountBody({ user, plan: { kind: 'trial', licenses: 3 } }),
    )
    expect([status, body.status]).toEqual([201, 'completed'])
    const organization = `/v1/organizations/${body.organizationId}`
    expect((await api.get(organization)).body).toMatchObject({ type: 'customer', state: 'US-TX' })
    expect((await api.get(`${organization}/users`)).body.items).toMatchObject([{ id: body.userId, ...user }])
    expect((await api.get(`${organization}/licenses`)).body).toMatchObject({
      allocated: 3,
      plan: { kind: 'trial', billingAdapter: 'ledger', trialEndsAt: expect.stringMatching(/^2/) },
    })
    expect(engine.mailbox.messages.at(-1)?.to).toMatchObject({ text: expect.stringContaining(user.email) })
    expect((await api.get(`/v1/onboardings?organizationId=${body.organizationId}`)).body.items).toHaveLength(
      1,
    )
    const { items: activity } = (await api.get(`${organization}/activity`)).body
    expect(activity[0]).toMatchObject({ type: 'onboarding', data: { status: 'completed' } })
    expect(activity).toContainEqual(
      expect.objectContaining({ type: 'step', data: expect.objectContaining({ step: 'create-user' }) }),
    )
    expect(activity.at(-1)).toMatchObject({ onboardingId: body.id, data: { status: 'accepted' } })
  })

  test('The workflow of an onboarding is described in Temporal without naming a person', async () => {
    const user = { fullName: 'Zaphod Beeblebrox', email: 'zaphod@example.com' }
    const { body } = await api.addAccount(anAccountBody({ user }))
    const handle = workflowOf(engine, body.id)
    const description = await handle.describe()
    expect(await description.staticSummary()).toBe(
      'Add customer “Northwind Traders” under Platform: 5-license trial, with a user',
    )
    const history = await historyTextOf(handle)
    for (const personal of ['Zaphod', 'zaphod@example.com']) expect(history).not.toContain(personal)
    expect(body.workflow).toMatchObject({
      id: workflowIdOf({ kind: 'add-account', id: body.id }),
      runId: expect.any(String),
    })
  })
})

describe('A request under an idempotency key', () => {
  const key = { 'idempotency-key': 'order-4711' }
  const body = anAccountBody({
    name: 'Fifty',
    email: 'fifty@example.com',
  })

  test('A request that is sent fifty times at once adds one account and sends one email', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => api.addAccount(body, key)))
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1)
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
    expect(await rowsOf(engine.db, 'organizations', { name: 'Fifty' })).toHaveLength(1)
    expect(mailsTo(engine, 'fifty@example.com')).toHaveLength(1)
  })

  test('A repeated request gets the same account after Temporal lost the history of its workflow', async () => {
    const first = await api.addAccount(body, key)
    const empty = await startTemporal({ cliPath: inject('temporalCliPath'), dataDir: null })
    const connection = await Connection.connect({ address: empty.address })
    const client = new Client({ connection })
    const withoutHistory = await startApiFor({ ...engine, client })

    const again = await withoutHistory.addAccount(body, key)
    expect([again.status, again.body]).toEqual([201, first.body])
    const { count } = await client.workflow.count()
    expect([count, mailsTo(engine, 'fifty@example.com').length]).toEqual([0, 1])
    await withoutHistory.close()
    await connection.close()
    await empty.stop()
  })
})

describe('Accounts with the same email', () => {
  test('Of three accounts with one email that are added at once, one is added with one invitation', async () => {
    const email = 'twins@example.com'
    const answers = await Promise.all(
      ['Castor', 'Pollux', 'Helen'].map((name) =>
        api.addAccount(anAccountBody({ name, user: { fullName: name, email } })),
      ),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    // A request that was accepted before the first user existed waits for another email. The API refuses all others.
    for (const { body } of answers.filter(({ status }) => status !== 201)) {
      expect(JSON.stringify(body)).toContain('email_taken')
      expect(body.code ?? body.status).toMatch(/^(invalid_request|needs_attention)$/)
    }
    const users = await rowsOf(engine.db, 'users', { email })
    expect([users.length, mailsTo(engine, email).length]).toEqual([1, 1])
  })
})

describe('A stuck onboarding', () => {
  test('A retry with a corrected email does not create the organization again', async () => {
    const stuck = await stuckOnEmail('first@example.com')
    const retried = await api.post(`/v1/onboardings/${stuck.id}/retry`, {
      step: 'create-user',
      input: { user: { email: 'corrected@example.com' } },
    })
    expect(retried.status).toBe(202)
    const done = await api.until(stuck.id, 'completed')
    expect(done.request.user?.email).toBe('corrected@example.com')
    expect(done.organizationId).toBe(stuck.organizationId)
    expect(await rowsOf(engine.db, 'organizations', { name: 'first@example.com' })).toHaveLength(1)
  })

  test('A retry with a corrected email invites the user there and changes the email of the user', async () => {
    engine.mailbox.unknownRecipients.add('mistyped@example.com')
    const user = { fullName: 'Ada', email: 'mistyped@example.com' }
    const { body: stuck } = await api.addAccount(anAccountBody({ user }))
    expect(stuck.steps.at(-1)).toMatchObject({ status: 'needs_attention', error: { class: 'needs_input' } })
    const retry = (email: string) =>
      api.post(`/v1/onboardings/${stuck.id}/retry`, {
        step: 'notify-user',
        input: { user: { email } },
      })
    expect((await retry('fifty@example.com')).body.errors[0].pointer).toBe('/input/user/email')
    expect((await retry('typed@example.com')).status).toBe(202)
    const done = await api.until(stuck.id, 'completed')
    expect(mailsTo(engine, 'typed@example.com')).toHaveLength(1)
    expect((await api.get(`/v1/organizations/${done.organizationId}/users`)).body.items).toMatchObject([
      { email: 'typed@example.com', invitation: { status: 'sent' } },
    ])
  })

  test('A cancel undoes the steps that were done', async () => {
    const stuck = await stuckOnEmail('second@example.com')
    expect((await api.post(`/v1/onboardings/${stuck.id}/cancel`, { reason: 'Ordered twice.' })).status).toBe(
      202,
    )
    await api.until(stuck.id, 'cancelled')
    expect((await api.get(`/v1/organizations/${stuck.organizationId}`)).status).toBe(404)
    expect((await api.send('POST', `/v1/onboardings/${stuck.id}/retry`)).status).toBe(409)
  })
})

/** Adds an account whose email is taken between the check of the request and the step. */
async function stuckOnEmail(email: string) {
  const body = anAccountBody({ name: email, email })
  const answer = await withTrigger(engine.db, takenEmail, () => api.addAccount(body))
  expect(answer.body.status).toBe('needs_attention')
  return answer.body
}
