import { beforeEach, describe, expect, test } from 'vitest'
import { acceptOnboarding } from '../../../domain/runs/accept-onboarding.ts'
import { hashBody } from '../../../domain/runs/idempotency.ts'
import { acceptOperation } from '../../../domain/runs/accept-operation.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { anOrganization, setStatus } from '../../builders/organization.ts'
import { aPlan } from '../../builders/plan.ts'
import { type ApiUnderTest, pointersOf, startApiForFile, statusAndCode } from '../api-under-test.ts'
import { changeRows, rowsOf } from '../../builders/rows.ts'

// Idempotency keys of changes to an account. Those of AddAccount are in add-account.test.ts.
let account: string
const api = await startApiForFile()
const partner = await anOrganization(api.db, api.platformId)
const key = await api.keyFor(partner)
beforeEach(async () => {
  account = await anOrganization(api.db, partner, { type: 'customer' })
  await aPlan(api.db, account)
})

const withKey = (idempotencyKey: string) => ({ headers: { 'idempotency-key': idempotencyKey } })
const change = (name: string, options: Parameters<ApiUnderTest['send']>[2] = {}) =>
  api.send('POST', `/v1/organizations/${account}/${name}`, { body: {}, ...options })
const starts = (id: unknown) => api.temporal.started.filter((started) => started.id === id)
const accept = (organizationId: string, scheduleKey: string) =>
  acceptOperation(api.db, {
    kind: 'expire-trial',
    request: { organizationId, trialEndsAt: '2024-01-01T00:00:00Z' },
    plan: [],
    origin: { scheduleKey },
  })

describe('A change under an idempotency key', () => {
  test('A change that is sent twice under one key is accepted once', async () => {
    const first = await change('suspend', withKey('again'))
    const second = await change('suspend', withKey('again'))
    expect([first.status, second.status, second.body.id]).toEqual([202, 202, first.body.id])
    expect(first.body).toMatchObject({ kind: 'suspend-account', status: 'accepted', organizationId: account })
    expect(starts(first.body.id)).toMatchObject([
      { kind: 'suspend-account', parent: { id: account }, request: { organizationId: account } },
    ])
  })

  test('Twenty requests at once under one key make one change', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => change('suspend', withKey('twenty'))))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]))
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
    expect(starts(answers[0]?.body.id)).toHaveLength(1)
  })

  test('A repeated request gets its first run, even if the account has changed since', async () => {
    const first = await change('suspend', withKey('since'))
    await changeRows(api.db, 'runs', { id: String(first.body.id) }, { status: 'completed' })
    await setStatus(api.db, account, 'suspended')
    const again = await change('suspend', withKey('since'))
    expect([again.status, again.body.id, again.body.status]).toEqual([202, first.body.id, 'completed'])
    expect(statusAndCode(await change('suspend', withKey('another')))).toEqual([409, 'invalid_state'])
  })

  test('Another body under the same key is refused by the pointer of the header', async () => {
    await change('suspend', withKey('body'))
    const answer = await change('suspend', { ...withKey('body'), body: { reason: 'Unpaid.' } })
    expect(statusAndCode(answer)).toEqual([422, 'idempotency_key_reused'])
    expect(pointersOf(answer)).toEqual(['/headers/idempotency-key'])
  })

  test('A missing body and an empty body are the same body', async () => {
    const first = await change('suspend', { ...withKey('empty'), body: undefined })
    const second = await change('suspend', withKey('empty'))
    expect([second.status, second.body.id]).toEqual([202, first.body.id])
  })

  test('The same key at another address or for another account makes another change', async () => {
    const first = await change('suspend', withKey('elsewhere'))
    expect(statusAndCode(await change('close', withKey('elsewhere')))).toEqual([409, 'operation_in_progress'])
    account = await anOrganization(api.db, partner, { type: 'customer' })
    const other = await change('suspend', withKey('elsewhere'))
    expect(other.status).toBe(202)
    expect(other.body.id).not.toBe(first.body.id)
  })

  test('The same key of another caller makes another change', async () => {
    await change('suspend', withKey('mine'))
    const answer = await change('suspend', { ...withKey('mine'), key })
    expect(statusAndCode(answer)).toEqual([409, 'operation_in_progress'])
  })

  test('The same key can add an account below an organization and suspend that organization', async () => {
    account = await anOrganization(api.db, partner)
    const added = await api.post(`/v1/organizations/${account}/accounts`, anAccountBody(), withKey('both'))
    const suspended = await change('suspend', withKey('both'))
    expect([added.status, suspended.status]).toEqual([202, 202])
    expect(suspended.body.id).not.toBe(added.body.id)
  })
})

test('Of several changes at once without a key, one is accepted and the others are refused', async () => {
  const answers = await Promise.all(Array.from({ length: 5 }, () => change('suspend')))
  const accepted = answers.filter(({ status }) => status === 202)
  expect(accepted).toHaveLength(1)
  for (const answer of answers.filter((each) => !accepted.includes(each)))
    expect(statusAndCode(answer)).toEqual([409, 'operation_in_progress'])
})

test('Two requests without a key add two accounts', async () => {
  const ids = [await api.addAccount({ parent: partner }), await api.addAccount({ parent: partner })]
  expect(new Set(ids).size).toBe(2)
  expect([...starts(ids[0]), ...starts(ids[1])]).toMatchObject([
    { kind: 'add-account', parent: { id: partner }, request: { plan: { trialDays: 14 } } },
    { kind: 'add-account', parent: { id: partner } },
  ])
})

test('The hash of a body does not depend on the order of its fields', () => {
  expect(hashBody({ a: 1, b: { c: [1, 2], d: null } })).toBe(hashBody({ b: { d: null, c: [1, 2] }, a: 1 }))
  const others = [{ a: 1 }, { a: '1' }, { a: [1, 2] }, { a: [2, 1] }, { a: null }, {}]
  expect(new Set(others.map(hashBody)).size).toBe(others.length)
  expect(hashBody({})).toMatch(/^[0-9a-f]{64}$/)
})

describe('Accepting a run', () => {
  test('A run of a schedule is accepted once under its key', async () => {
    const first = await accept(account, 'expire 1')
    expect(first).toEqual({ id: expect.stringMatching(/^opr_/), acceptedAt: expect.any(Date) })
    expect(await accept(account, 'expire 1')).toBeUndefined()
    const id = first?.id ?? ''
    const owner = { api_key_id: null, parent_id: account, organization_id: account }
    expect(await rowsOf(api.db, 'runs', { id })).toMatchObject([
      { ...owner, idempotency_key: 'expire 1', kind: 'expire-trial', status: 'accepted' },
    ])
    const events = await rowsOf(api.db, 'run_events', { run_id: id })
    expect(events.map(({ sequence, data }) => [sequence, data])).toEqual([[1, { status: 'accepted' }]])
  })

  test('A run for an unknown organization is not accepted', async () => {
    expect(await accept('org_none', 'expire none')).toBeUndefined()
    const { id: apiKeyId } = await api.db.selectFrom('api_keys').select('id').executeTakeFirstOrThrow()
    const onboarding = {
      parentId: 'org_none',
      apiKeyId,
      idempotencyKey: undefined,
      bodyHash: '',
      request: { type: 'customer' as const, company: { name: 'N', country: 'US', state: 'US-TX' } },
      plan: [],
    }
    expect(await acceptOnboarding(api.db, onboarding)).toBeUndefined()
  })
})
