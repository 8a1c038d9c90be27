import { afterEach, describe, expect, test } from 'vitest'
import type { OnboardingView } from '../../../api/runs/onboarding-schemas.ts'
import { decisionNames, type Progress, progressQuery } from '../../../workflows/contract.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { aKeyHeader } from '../../builders/key-header.ts'
import { stubborn, stubbornStep } from '../../stack/stubborn-step.ts'
import { decisionsOn, workflowOf } from '../runs/run-calls.ts'

// Before `create-user`, so that the email can be corrected at this step.
const crm = stubborn({ optional: true, before: ['create-user'] })
let count = 0

const { engine, api } = await startEngineForFile({ plugins: [crm.plugin] })
/** Two operators, each with a key of its own. */
const operators = [await aKeyHeader(engine.db), await aKeyHeader(engine.db)]
afterEach(() => {
  crm.doing = 'refuses'
  crm.calls.length = 0
})

async function aStuckOnboarding(): Promise<OnboardingView> {
  count += 1
  const { body } = await api.addAccount(anAccountBody({ email: `ada${count}@example.com` }))
  expect(body.status).toBe('needs_attention')
  return body
}

const decide = (id: string, action: string, body: object, operator = 0) =>
  api.post(`/v1/onboardings/${id}/${action}`, body, operators[operator])
const takenOn = async (id: string) =>
  (await decisionsOn(api, id)).filter(({ outcome }: { outcome: string }) => outcome === 'taken')

describe('The audit trail', () => {
  test('A correction is recorded with its actor, time, reason, old value and new value', async () => {
    const { id, request } = await aStuckOnboarding()
    crm.doing = 'works'
    const email = `grace${count}@example.com`
    const body = { step: stubbornStep, input: { user: { email } }, reason: 'Misspelt.' }
    const answer = await decide(id, 'retry', body)
    expect([answer.status, answer.body.request.user.email]).toEqual([202, email])
    const completed = await api.until(id, 'completed')
    expect(crm.calls).toEqual([`do ${request.user?.email}`, `do ${email}`])
    const retried = { action: 'retry', step: stubbornStep, source: 'api', reason: 'Misspelt.' }
    expect(await decisionsOn(api, id)).toEqual([
      {
        ...retried,
        id: expect.stringMatching(/^dec_/),
        actor: expect.stringMatching(/^key_/),
        changes: [{ pointer: '/user/email', old: request.user?.email, new: email }],
        undo: null,
        revision: 2,
        outcome: 'taken',
        refusal: null,
        decidedAt: expect.any(String),
        takenAt: expect.any(String),
      },
    ])
    const activity = await api.get(`/v1/organizations/${completed.organizationId}/activity`)
    expect(activity.body.items).toContainEqual(
      expect.objectContaining({
        type: 'decision',
        actor: expect.stringMatching(/^key_/),
        onboardingId: id,
        data: { ...retried, corrected: ['/user/email'] },
      }),
    )
    expect(activity.body.items.every((one: object) => !JSON.stringify(one).includes(email))).toBe(true)
  })

  test('A signal that names the id of an earlier decision is recorded as a decision of its own', async () => {
    const { id } = await aStuckOnboarding()
    await decide(id, 'retry', { reason: 'First.' })
    await expect.poll(async () => (await takenOn(id)).length).toBe(1)
    const [{ id: earlier }] = await takenOn(id)
    await api.until(id, 'needs_attention')
    // The journal is ahead of the workflow for a moment, and a signal in that moment is not taken.
    const status = async () => (await workflowOf(engine, id).query<Progress>(progressQuery)).status
    await expect.poll(status).toBe('needs_attention')
    const payload = { step: stubbornStep, reason: 'Told by phone.', actor: 'grace', decision: earlier }
    await workflowOf(engine, id).signal(decisionNames.skip, payload)
    await api.until(id, 'completed')
    expect(await decisionsOn(api, id)).toMatchObject([
      { action: 'skip', source: 'signal', actor: 'grace', reason: 'Told by phone.', outcome: 'taken' },
      { id: earlier, action: 'retry', source: 'api', reason: 'First.' },
    ])
  })

  test('A cancel is recorded with its reason and its answers about the undo', async () => {
    const { id } = await aStuckOnboarding()
    await decide(id, 'cancel', { reason: 'Ordered twice.', undo: { 'create-user': 'undo' } })
    await api.until(id, 'cancelled')
    expect(await decisionsOn(api, id)).toMatchObject([
      { action: 'cancel', step: null, reason: 'Ordered twice.', undo: { 'create-user': 'undo' } },
    ])
  })

  test('The audit trail is read page by page, and only at the address of its run', async () => {
    const { id } = await aStuckOnboarding()
    for (const [index, reason] of ['one', 'two', 'three'].entries()) {
      expect((await decide(id, 'retry', { reason })).status).toBe(202)
      await expect.poll(async () => (await takenOn(id)).length).toBe(index + 1)
      await api.until(id, 'needs_attention')
    }
    const first = (await api.get(`/v1/onboardings/${id}/decisions?limit=2`)).body
    const rest = await api.get(`/v1/onboardings/${id}/decisions?limit=2&cursor=${first.nextCursor}`)
    const reasons = [...first.items, ...rest.body.items].map(({ reason }) => reason)
    expect(reasons).toEqual(['three', 'two', 'one'])
    expect((await api.get(`/v1/operations/${id}/decisions`)).status).toBe(404)
  })
})

interface SentBody {
  input?: { user: { email: string } }
}
type Attempt = [action: string, body: () => object]
const retry: Attempt = ['retry', () => ({ step: stubbornStep, reason: 'Once more.' })]
const skip: Attempt = ['skip', () => ({ step: stubbornStep, reason: 'Told by phone.' })]
const cancel: Attempt = ['cancel', () => ({ reason: 'Ordered twice.' })]
const correct: Attempt = [
  'retry',
  () => ({ step: stubbornStep, input: { user: { email: `other${Math.random()}@example.com` } } }),
]

describe('Two decisions at the same moment', () => {
  test.each([
    ['retry and retry', retry, retry],
    ['retry and skip', retry, skip],
    ['retry and cancel', retry, cancel],
    ['skip and cancel', skip, cancel],
    ['two corrections', correct, correct],
    ['a correction and a cancel', correct, cancel],
  ])('Of two decisions at once, one is taken and the other is refused: %s', async (_, one, other) => {
    for (let round = 0; round < 5; round++) {
      const { id, request } = await aStuckOnboarding()
      crm.calls.length = 0
      crm.doing = 'works'
      const sent = [one, other].map(([action, body]) => ({ action, body: body() as SentBody }))
      if (round % 2 === 1) sent.reverse()
      const answers = await Promise.all(
        sent.map(({ action, body }, index) => decide(id, action, body, index)),
      )
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202, 409]))
      const winner = answers[0]?.status === 202 ? 0 : 1
      const won = sent[winner]
      const loser = answers[1 - winner]?.body
      const last = new RegExp(`The last decision was: ${won?.action}( of ${stubbornStep})?, by key_`)
      expect(loser).toMatchObject({ code: 'invalid_state', detail: expect.stringMatching(last) })
      expect(JSON.stringify(loser)).not.toContain('@')

      const closed = await api.until(id, won?.action === 'cancel' ? 'cancelled' : 'completed')
      expect(await takenOn(id)).toMatchObject([won?.action === undefined ? {} : { action: won.action }])
      expect(closed.request.user?.email).toBe(won?.body.input?.user.email ?? request.user?.email)
      expect(crm.calls.length).toBe(won?.action === 'retry' ? 1 : 0)
      crm.doing = 'refuses'
    }
  })

  test('Of two retries at once, one is taken and the other is refused, although the step fails again', async () => {
    for (let round = 0; round < 10; round++) {
      const { id } = await aStuckOnboarding()
      crm.calls.length = 0
      const once = { step: stubbornStep, reason: 'Once more.' }
      const answers = await Promise.all([0, 1].map((operator) => decide(id, 'retry', once, operator)))
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202, 409]))
      await expect.poll(async () => (await takenOn(id)).length).toBe(1)
      await api.until(id, 'needs_attention')
      expect(crm.calls).toHaveLength(1)
    }
  })
})
