import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { acceptRun, hashBody } from '../../../domain/runs/accept-run.ts'
import { acceptOperation } from '../../../domain/runs/accept-operation.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { anOrganization } from '../../builders/organization.ts'
import { aPlan } from '../../builders/plan.ts'
import { type Answer, type ApiUnderTest, pointersOf, startApi } from '../api-under-test.ts'

// Adding an account under a key is in add-account.test.ts; this is about changing one.
let api: ApiUnderTest
let partner: string
let key: string
let account: string
beforeAll(async () => {
  api = await startApi()
  partner = await anOrganization(api.db, api.platformId)
  key = await api.keyFor(partner)
})
afterAll(() => api.close())
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
const told = ({ status, body }: Answer) => [status, body.code]

describe('a change under an idempotency key', () => {
  test('that is sent again is the same change', async () => {
    const first = await change('suspend', withKey('again'))
    const second = await change('suspend', withKey('again'))
    expect([first.status, second.status, second.body.id]).toEqual([202, 202, first.body.id])
    expect(first.body).toMatchObject({ kind: 'suspend-account', status: 'accepted', organizationId: account })
    expect(starts(first.body.id)).toMatchObject([
      { kind: 'suspend-account', parent: { id: account }, request: { organizationId: account } },
    ])
  })

  test('is one change of many at once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => change('suspend', withKey('twenty'))))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]))
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
    expect(starts(answers[0]?.body.id)).toHaveLength(1)
  })

  test('is answered as it was, whatever has become true of the account since', async () => {
    const first = await change('suspend', withKey('since'))
    await api.db
      .updateTable('runs')
      .set({ status: 'completed' })
      .where('id', '=', String(first.body.id))
      .execute()
    await api.db.updateTable('organizations').set({ status: 'suspended' }).where('id', '=', account).execute()
    const again = await change('suspend', withKey('since'))
    expect([again.status, again.body.id, again.body.status]).toEqual([202, first.body.id, 'completed'])
    expect(told(await change('suspend', withKey('another')))).toEqual([409, 'invalid_state'])
  })

  test('refuses another body, and names the header', async () => {
    await change('suspend', withKey('body'))
    const answer = await change('suspend', { ...withKey('body'), body: { reason: 'Unpaid.' } })
    expect(told(answer)).toEqual([422, 'idempotency_key_reused'])
    expect(pointersOf(answer)).toEqual(['/headers/idempotency-key'])
  })

  test('takes no body and an empty one for the same', async () => {
    const first = await change('suspend', { ...withKey('empty'), body: undefined })
    const second = await change('suspend', withKey('empty'))
    expect([second.status, second.body.id]).toEqual([202, first.body.id])
  })

  test('is another one at another address, and under another account', async () => {
    const first = await change('suspend', withKey('elsewhere'))
    expect(told(await change('close', withKey('elsewhere')))).toEqual([409, 'operation_in_progress'])
    account = await anOrganization(api.db, partner, { type: 'customer' })
    const other = await change('suspend', withKey('elsewhere'))
    expect(other.status).toBe(202)
    expect(other.body.id).not.toBe(first.body.id)
  })

  test('is another one for another caller', async () => {
    await change('suspend', withKey('mine'))
    expect(told(await change('suspend', { ...withKey('mine'), key }))).toEqual([409, 'operation_in_progress'])
  })

  test('does not meet one under which an account was added there', async () => {
    account = await anOrganization(api.db, partner)
    const added = await api.send('POST', `/v1/organizations/${account}/accounts`, {
      body: anAccountBody(),
      ...withKey('both'),
    })
    const suspended = await change('suspend', withKey('both'))
    expect([added.status, suspended.status]).toEqual([202, 202])
    expect(suspended.body.id).not.toBe(added.body.id)
  })
})

test('without a key, of two changes at once one is accepted and the other is told', async () => {
  const answers = await Promise.all(Array.from({ length: 5 }, () => change('suspend')))
  const accepted = answers.filter(({ status }) => status === 202)
  expect(accepted).toHaveLength(1)
  for (const answer of answers.filter((each) => !accepted.includes(each)))
    expect(told(answer)).toEqual([409, 'operation_in_progress'])
})

test('two additions without a key are two accounts', async () => {
  const url = `/v1/organizations/${partner}/accounts`
  const ids = [
    await api.send('POST', url, { body: anAccountBody() }),
    await api.send('POST', url, { body: anAccountBody() }),
  ].map(({ body }) => body.id)
  expect(new Set(ids).size).toBe(2)
  expect([...starts(ids[0]), ...starts(ids[1])]).toMatchObject([
    { kind: 'add-account', parent: { id: partner }, request: { plan: { trialDays: 14 } } },
    { kind: 'add-account', parent: { id: partner } },
  ])
})

test('a body is the same by what it means, not by how it is written', () => {
  expect(hashBody({ a: 1, b: { c: [1, 2], d: null } })).toBe(hashBody({ b: { d: null, c: [1, 2] }, a: 1 }))
  const others = [{ a: 1 }, { a: '1' }, { a: [1, 2] }, { a: [2, 1] }, { a: null }, {}]
  expect(new Set(others.map(hashBody)).size).toBe(others.length)
  expect(hashBody({})).toMatch(/^[0-9a-f]{64}$/)
})

describe('what is accepted', () => {
  test('by a schedule is accepted once under its key', async () => {
    const first = await accept(account, 'expire 1')
    expect(first).toEqual({ id: expect.stringMatching(/^opr_/), acceptedAt: expect.any(Date) })
    expect(await accept(account, 'expire 1')).toBeUndefined()
    const row = await api.db
      .selectFrom('runs')
      .selectAll()
      .where('id', '=', first?.id ?? '')
      .executeTakeFirstOrThrow()
    expect(row).toMatchObject({
      api_key_id: null,
      idempotency_key: 'expire 1',
      parent_id: account,
      organization_id: account,
      kind: 'expire-trial',
      status: 'accepted',
    })
    const events = await api.db
      .selectFrom('run_events')
      .select(['sequence', 'data'])
      .where('run_id', '=', first?.id ?? '')
      .execute()
    expect(events).toEqual([{ sequence: 1, data: { status: 'accepted' } }])
  })

  test('is nothing for an organization that there is not', async () => {
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
    expect(await acceptRun(api.db, onboarding)).toBeUndefined()
  })
})
