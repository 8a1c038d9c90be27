import { beforeEach, describe, expect, test } from 'vitest'
import { decisionExamples } from '../../../api/decisions/schemas.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { makeStuck } from '../../builders/stuck-run.ts'
import { aUser } from '../../builders/user.ts'
import { itemsOf, pointersOf, startApiForFile } from '../api-under-test.ts'

let id: string
let count = 0

const api = await startApiForFile()
await aUser(api.db, api.platformId, { email: 'taken@example.com' })
beforeEach(async () => {
  api.temporal.up = true
  api.temporal.decisions = []
  api.temporal.outcome = { outcome: 'taken' }
  count += 1
  id = await api.addAccount({ body: anAccountBody({ email: `ada${count}@example.com` }) })
})

const decide = (action: string, body?: unknown) =>
  api.send('POST', `/v1/onboardings/${id}/${action}`, body === undefined ? {} : { body })

const decisions = async () => itemsOf(await api.get(`/v1/onboardings/${id}/decisions`))

describe('Retry', () => {
  test('A retry is sent to the run, and its reason stays out of Temporal', async () => {
    await makeStuck(api.db, id)
    expect((await decide('retry', { reason: 'Ada called' })).status).toBe(202)
    const actor = expect.stringMatching(/^key_/)
    const decision = { id: expect.stringMatching(/^dec_/), action: 'retry', actor }
    expect(api.temporal.decisions).toEqual([{ ...decision, runId: id, step: 'create-user', undo: undefined }])
    expect(await decisions()).toMatchObject([
      { ...decision, reason: 'Ada called', outcome: 'taken', changes: [] },
    ])
  })

  test('A correction stays out of Temporal, and the request changes only when the run takes it', async () => {
    await makeStuck(api.db, id)
    const answer = await decide('retry', decisionExamples.retryWithCorrection)
    expect(answer.status).toBe(202)
    expect(answer.body.request).toMatchObject({ user: { email: `ada${count}@example.com` } })
    expect(JSON.stringify(api.temporal.decisions)).not.toContain('example')
    const emails = { old: `ada${count}@example.com`, new: 'grace@northwind.example' }
    expect(await decisions()).toMatchObject([{ changes: [{ pointer: '/user/email', ...emails }] }])
  })

  test.each([
    [{ user: { email: 'nonsense' } }, '/input/user/email'],
    [{ user: { email: 'taken@example.com' } }, '/input/user/email'],
    [{ company: { name: 'Other' } }, '/input/company'],
    [{ user: { sendPasswordInstructions: false } }, '/input/user/sendPasswordInstructions'],
    [{ user: null }, '/input'],
    [{ organizationId: 'org_other' }, '/input/organizationId'],
  ])('The correction %j is refused by the pointer of the field', async (input, pointer) => {
    await makeStuck(api.db, id)
    const answer = await decide('retry', { step: 'create-user', input })
    expect(answer.status).toBe(422)
    expect(pointersOf(answer)).toContain(pointer)
    expect(api.temporal.decisions).toEqual([])
  })

  test.each([
    [
      'start-billing',
      { 'create-organization': 'done' },
      { company: { name: 'Other' } },
      'PATCH /v1/organizations/org_1`.',
    ],
    ['notify-user', { 'create-user': 'done' }, { user: { fullName: 'Other' } }, 'PATCH /v1/users/usr_1`.'],
    [
      'provision-licenses',
      { 'start-billing': 'done' },
      { plan: { licenses: 9 } },
      'PUT /v1/organizations/org_1/plan`',
    ],
    [
      'create-user',
      { 'notify-user': 'running' },
      { user: { email: 'b@example.com' } },
      'PATCH /v1/users/usr_1`.',
    ],
    [
      'create-user',
      { 'notify-user': 'skipped' },
      { user: { email: 'b@example.com' } },
      'PATCH /v1/users/usr_1`.',
    ],
    [
      'create-organization',
      { 'validate-account': 'done' },
      { type: 'enterprise' },
      'cancel the run and send a new request.',
    ],
  ] as const)(
    'A correction at %s after %j of %j is refused and names the call',
    async (step, others, input, call) => {
      await makeStuck(api.db, id, { step, others })
      const answer = await decide('retry', { step, input })
      expect(answer.status).toBe(422)
      const message = expect.stringContaining(call)
      expect(answer.body.errors).toEqual([expect.objectContaining({ code: 'used_by_step', message })])
      expect(api.temporal.decisions).toEqual([])
    },
  )

  test.each([
    ['notify-user', { 'create-user': 'done' }, { user: { email: 'c@example.com' } }],
    ['start-billing', { 'create-organization': 'done' }, { plan: { licenses: 9 } }],
    ['start-billing', { 'create-organization': 'done' }, { company: { name: 'Northwind Traders' } }],
  ] as const)('A correction at %s after %j of %j is accepted', async (step, others, input) => {
    await makeStuck(api.db, id, { step, others })
    expect((await decide('retry', { step, input })).status).toBe(202)
  })

  test('A step with an unknown outcome can be retried as it is, but not with a correction', async () => {
    await makeStuck(api.db, id, { step: 'start-billing', errorClass: 'unknown_outcome' })
    const input = { plan: { licenses: 7 } }
    expect(await decide('retry', { step: 'start-billing', input })).toMatchObject({
      status: 409,
      body: { code: 'invalid_state', nextAction: expect.stringContaining('without `input` first') },
    })
    expect((await decide('retry', { step: 'start-billing' })).status).toBe(202)
  })

  test('A retry is refused while no step is stuck, and for a terminal error', async () => {
    expect((await decide('retry')).body.code).toBe('invalid_state')
    await makeStuck(api.db, id, { errorClass: 'terminal' })
    expect((await decide('retry')).status).toBe(409)
  })

  test('A retry of an unknown step is refused by the pointer of the field', async () => {
    await makeStuck(api.db, id)
    expect(pointersOf(await decide('retry', { step: 'make-coffee' }))).toEqual(['/step'])
  })

  test('A retry gets 503 while Temporal is unreachable, and can be sent again', async () => {
    await makeStuck(api.db, id)
    api.temporal.up = false
    const answer = await decide('retry', decisionExamples.retryWithCorrection)
    expect([answer.status, answer.body.code]).toEqual([503, 'temporal_unreachable'])
    expect(answer.headers['retry-after']).toBe('5')
    const { body } = await api.get(`/v1/onboardings/${id}`)
    expect(body.request).toMatchObject({ user: { email: `ada${count}@example.com` } })
    api.temporal.up = true
    expect((await decide('retry')).status).toBe(202)
    const [again, first] = await decisions()
    expect(again).toMatchObject({ outcome: 'taken', changes: [] })
    expect(first).toMatchObject({ outcome: 'pending', changes: [{ pointer: '/user/email' }] })
    expect(await decisions()).toHaveLength(2)
  })
})

describe('Skip', () => {
  test('An optional step can be skipped with a reason', async () => {
    await makeStuck(api.db, id, { step: 'notify-user' })
    expect(pointersOf(await decide('skip', { step: 'notify-user' }))).toEqual(['/reason'])
    expect((await decide('skip', decisionExamples.skip)).status).toBe(202)
    expect(api.temporal.decisions).toMatchObject([{ action: 'skip', step: 'notify-user' }])
  })

  test('A required step can not be skipped', async () => {
    await makeStuck(api.db, id)
    expect((await decide('skip', { step: 'create-user', reason: 'No time' })).status).toBe(409)
  })
})

describe('Cancel', () => {
  test('An open onboarding can be cancelled, and the audit trail has the reason', async () => {
    expect((await decide('cancel', decisionExamples.cancel)).status).toBe(202)
    expect(api.temporal.decisions).toMatchObject([{ action: 'cancel' }])
    expect(await decisions()).toMatchObject([{ action: 'cancel', step: null, reason: 'Ordered twice.' }])
  })

  test('A cancel sends the answers for steps with the undo policy `ask` to the run', async () => {
    expect((await decide('cancel', { undo: { 'start-billing': 'keep' } })).status).toBe(202)
    expect(api.temporal.decisions).toMatchObject([{ undo: { 'start-billing': 'keep' } }])
    const refused = await decide('cancel', { undo: { 'start-billing': 'perhaps' } })
    expect(pointersOf(refused)).toEqual(['/undo/start-billing'])
  })

  test('A cancel that the run refuses is answered with the reason of the run', async () => {
    api.temporal.outcome = { outcome: 'refused', reason: 'The run is already ending.' }
    const { status, body } = await decide('cancel')
    expect(status).toBe(409)
    expect(body.detail).toBe('The decision was refused. The run is already ending.')
    expect(await decisions()).toMatchObject([
      { outcome: 'refused', refusal: 'The run is already ending.', takenAt: null },
    ])
  })

  test('A closed onboarding can not be cancelled', async () => {
    await api.db.updateTable('runs').set({ status: 'completed' }).where('id', '=', id).execute()
    expect((await decide('cancel')).status).toBe(409)
  })
})
