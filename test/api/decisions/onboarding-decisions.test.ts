import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { decisionExamples } from '../../../api/runs/onboarding-schemas.ts'
import { insertUser } from '../../../domain/users/user-records.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { getStuck } from '../../builders/stuck-onboarding.ts'
import { type ApiUnderTest, itemsOf, pointersOf, startApi } from '../api-under-test.ts'

let api: ApiUnderTest
let id: string
let count = 0

beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())
beforeEach(async () => {
  api.temporal.up = true
  api.temporal.decisions = []
  api.temporal.outcome = { outcome: 'taken' }
  count += 1
  const user = { fullName: 'Ada', email: `ada${count}@example.com` }
  const answer = await api.send('POST', '/v1/organizations/root/accounts', { body: anAccountBody({ user }) })
  id = String(answer.body.id)
})

const operate = (operation: string, body?: unknown) =>
  api.send('POST', `/v1/onboardings/${id}/${operation}`, body === undefined ? {} : { body })

const decided = async () => itemsOf(await api.send('GET', `/v1/onboardings/${id}/decisions`))

describe('retry', () => {
  test('hands the decision to the run, and keeps the reason out of Temporal', async () => {
    await getStuck(api.db, id)
    expect((await operate('retry', { reason: 'Ada called' })).status).toBe(202)
    const told = {
      id: expect.stringMatching(/^dec_/),
      action: 'retry',
      actor: expect.stringMatching(/^key_/),
    }
    expect(api.temporal.decisions).toEqual([{ ...told, runId: id, step: 'create-user', undo: undefined }])
    expect(await decided()).toMatchObject([{ ...told, reason: 'Ada called', outcome: 'taken', changes: [] }])
  })

  test('with a correction keeps what is corrected out of Temporal, and leaves the request to the run', async () => {
    await getStuck(api.db, id)
    const answer = await operate('retry', decisionExamples.retryWithCorrection)
    expect(answer.status).toBe(202)
    expect(answer.body.request).toMatchObject({ user: { email: `ada${count}@example.com` } })
    expect(JSON.stringify(api.temporal.decisions)).not.toContain('example')
    const change = {
      pointer: '/user/email',
      old: `ada${count}@example.com`,
      new: 'grace@northwind.example',
    }
    expect(await decided()).toMatchObject([{ changes: [change] }])
  })

  test.each([
    [{ user: { email: 'nonsense' } }, '/input/user/email'],
    [{ user: { email: 'taken@example.com' } }, '/input/user/email'],
    [{ company: { name: 'Other' } }, '/input/company'],
    [{ user: { sendPasswordInstructions: false } }, '/input/user/sendPasswordInstructions'],
    [{ user: null }, '/input'],
    [{ organizationId: 'org_other' }, '/input/organizationId'],
  ])('refuses the correction %j', async (input, pointer) => {
    await api.db.transaction().execute((transaction) =>
      insertUser(transaction, {
        organizationId: api.platformId,
        fullName: 'S',
        email: 'taken@example.com',
      }),
    )
    await getStuck(api.db, id)
    const answer = await operate('retry', { step: 'create-user', input })
    expect(answer.status).toBe(422)
    expect(pointersOf(answer)).toContain(pointer)
    expect(api.temporal.decisions).toEqual([])
  })

  test('refuses a correction while it can be asked whether the step happened, and not without one', async () => {
    await getStuck(api.db, id, { step: 'start-billing', errorClass: 'unknown_outcome' })
    const input = { plan: { licenses: 7 } }
    expect(await operate('retry', { step: 'start-billing', input })).toMatchObject({
      status: 409,
      body: { code: 'invalid_state', nextAction: expect.stringContaining('without `input` first') },
    })
    expect((await operate('retry', { step: 'start-billing' })).status).toBe(202)
  })

  test('is refused while nothing is stuck, and for what a retry can not help', async () => {
    expect((await operate('retry')).body.code).toBe('invalid_state')
    await getStuck(api.db, id, { errorClass: 'terminal' })
    expect((await operate('retry')).status).toBe(409)
  })

  test('of a step that there is not names the field', async () => {
    await getStuck(api.db, id)
    expect(pointersOf(await operate('retry', { step: 'make-coffee' }))).toEqual(['/step'])
  })

  test('says so when Temporal can not be reached, and can be sent again', async () => {
    await getStuck(api.db, id)
    api.temporal.up = false
    const answer = await operate('retry', decisionExamples.retryWithCorrection)
    expect([answer.status, answer.body.code]).toEqual([503, 'temporal_unreachable'])
    expect(answer.headers['retry-after']).toBe('5')
    const { body } = await api.send('GET', `/v1/onboardings/${id}`)
    expect(body.request).toMatchObject({ user: { email: `ada${count}@example.com` } })
    api.temporal.up = true
    expect((await operate('retry')).status).toBe(202)
    const outcomes = (await decided()).map(({ outcome, changes }) => [outcome, (changes as unknown[]).length])
    expect(outcomes).toEqual([
      ['taken', 0],
      ['pending', 1],
    ])
  })
})

describe('skip', () => {
  test('needs a step that is optional and a reason', async () => {
    await getStuck(api.db, id, { step: 'notify-user' })
    expect(pointersOf(await operate('skip', { step: 'notify-user' }))).toEqual(['/reason'])
    expect((await operate('skip', decisionExamples.skip)).status).toBe(202)
    expect(api.temporal.decisions).toMatchObject([{ action: 'skip', step: 'notify-user' }])
  })

  test('is refused for a step that the account needs', async () => {
    await getStuck(api.db, id)
    expect((await operate('skip', { step: 'create-user', reason: 'No time' })).status).toBe(409)
  })
})

describe('cancel', () => {
  test('works while an onboarding is open, and the reason is in its audit trail', async () => {
    expect((await operate('cancel', decisionExamples.cancel)).status).toBe(202)
    expect(api.temporal.decisions).toMatchObject([{ action: 'cancel' }])
    expect(await decided()).toMatchObject([{ action: 'cancel', step: null, reason: 'Ordered twice.' }])
  })

  test('passes the answers on for steps that are not undone without asking', async () => {
    expect((await operate('cancel', { undo: { 'start-billing': 'keep' } })).status).toBe(202)
    expect(api.temporal.decisions).toMatchObject([{ undo: { 'start-billing': 'keep' } }])
    expect(pointersOf(await operate('cancel', { undo: { 'start-billing': 'perhaps' } }))).toEqual([
      '/undo/start-billing',
    ])
  })

  test('passes on what the run refuses', async () => {
    api.temporal.outcome = { outcome: 'refused', reason: 'The run is already ending.' }
    const answer = await operate('cancel')
    expect([answer.status, answer.body.detail]).toEqual([
      409,
      'The decision was refused. The run is already ending.',
    ])
    expect(await decided()).toMatchObject([
      { outcome: 'refused', refusal: 'The run is already ending.', takenAt: null },
    ])
  })

  test('is refused once it has ended', async () => {
    await api.db.updateTable('runs').set({ status: 'completed' }).where('id', '=', id).execute()
    expect((await operate('cancel')).status).toBe(409)
  })
})
