import { describe, expect, test } from 'vitest'
import { addAccountExamples } from '../../../api/accounts/schemas.ts'
import { onboarding } from '../../../api/runs/onboarding-schemas.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { anOrganization, setStatus } from '../../builders/organization.ts'
import { aUser } from '../../builders/user.ts'
import { type Answer, pointersOf, startApiForFile, statusAndCode } from '../api-under-test.ts'

const api = await startApiForFile()

const url = '/v1/organizations/root/accounts'

function send(key: string, body: unknown): Promise<Answer> {
  return api.post(url, body, { headers: { 'idempotency-key': key } })
}

describe('Adding an account', () => {
  test.each(Object.entries(addAccountExamples))(
    'The example "%s" of the API reference is accepted',
    async (_, body) => {
      const answer = await api.post(url, body)
      expect(answer.status).toBe(202)
      expect(onboarding.parse(answer.body)).toMatchObject({ status: 'accepted', parentId: api.platformId })
      expect(answer.headers.location).toBe(`/v1/onboardings/${String(answer.body.id)}`)
      expect(api.temporal.started.map(({ id }) => id)).toContain(answer.body.id)
    },
  )

  test('The accepted request has its country, state, phone number, email and defaults in their stored form', async () => {
    const answer = await api.post(
      url,
      anAccountBody({
        company: { name: '  Northwind  ', country: 'ca', state: 'Quebec', phone: '514 555 0142' },
        email: ' Ada.Stored@Example.COM ',
      }),
    )
    expect(answer.body.request).toEqual({
      type: 'customer',
      company: { name: 'Northwind', country: 'CA', state: 'CA-QC', phone: '+15145550142' },
      user: { fullName: 'Ada', email: 'ada.stored@example.com', sendPasswordInstructions: true },
      plan: { kind: 'trial', licenses: 5, trialDays: 14, billingAdapter: 'ledger' },
    })
  })

  test.each([
    ['no user', {}, []],
    [
      'a user who gets no message yet',
      { user: { fullName: 'Ada', email: 'quiet@example.com', sendPasswordInstructions: false } },
      ['create-user'],
    ],
    ['a user', { user: { fullName: 'Ada', email: 'invited@example.com' } }, ['create-user', 'notify-user']],
  ])('The run plan has only the steps that an account with %s needs', async (_, request, userSteps) => {
    const { body } = await api.post(url, anAccountBody(request))
    const steps = onboarding.parse(body).steps.map(({ id }) => id)
    const always = ['validate-account', 'create-organization', 'start-billing', 'provision-licenses']
    expect(steps.toSorted()).toEqual([...always, ...userSteps].toSorted())
  })

  test('A request is accepted while Temporal is down', async () => {
    api.temporal.up = false
    const answer = await api.post(url, anAccountBody())
    api.temporal.up = true
    expect(answer.status).toBe(202)
    expect((await api.get(String(answer.headers.location))).body.status).toBe('accepted')
  })

  test('A request that waits for a shorter time than its run takes is answered with 202', async () => {
    const answer = await api.post(url, anAccountBody(), { headers: { prefer: 'wait=1' } })
    expect(answer.status).toBe(202)
    expect(answer.headers['preference-applied']).toBe('wait=1')
  })
})

describe('The refusal of an invalid body', () => {
  test('The refusal names every invalid field by its pointer', async () => {
    const taken = 'taken@example.com'
    await aUser(api.db, api.platformId, { email: taken })
    const answer = await api.post(url, {
      type: 'unit',
      color: 'red',
      company: { name: 'a\u0007b', state: 'Nowhere', phone: '12', website: 'ftp://x', 'a/b~c': 1 },
      user: { fullName: ' ', email: taken.toUpperCase() },
      plan: { kind: 'trial', licenses: 0, trialDays: 366, billingAdapter: 'nobody' },
    })
    expect(answer.status).toBe(422)
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(answer.body).toMatchObject({
      code: 'invalid_request',
      status: 422,
      type: '/problems/invalid_request',
    })
    expect(new Set(pointersOf(answer))).toEqual(
      new Set([
        '/color',
        '/type',
        '/company/name',
        '/company/state',
        '/company/phone',
        '/company/website',
        '/company/a~1b~0c',
        '/user/fullName',
        '/user/email',
        '/plan',
        '/plan/licenses',
        '/plan/trialDays',
        '/plan/billingAdapter',
      ]),
    )
  })

  test.each([
    ['nothing', undefined, ['']],
    ['not an object', [], ['']],
    ['a customer without a plan', { type: 'customer', company: { name: 'A', state: 'TX' } }, ['/plan']],
    ['no state', anAccountBody({ company: { name: 'A' } }), ['/company/state']],
    ['a name that is too long', anAccountBody({ name: 'a'.repeat(201) }), ['/company/name']],
    ['an invisible name', anAccountBody({ name: '\u200b\u200b' }), ['/company/name']],
    ['half a surrogate', anAccountBody({ name: 'a\ud800' }), ['/company/name']],
    ['a platform', anAccountBody({ type: 'platform' }), ['/type']],
    [
      'an unknown country',
      anAccountBody({ company: { name: 'A', state: 'TX', country: 'XX' } }),
      ['/company/country'],
    ],
    ['an email without a domain', anAccountBody({ email: 'ada@' }), ['/user/email']],
    ['no license', anAccountBody({ plan: { kind: 'trial', licenses: 0 } }), ['/plan/licenses']],
    [
      'more licenses than there may be',
      anAccountBody({ plan: { kind: 'purchased', licenses: 100_001 } }),
      ['/plan/licenses'],
    ],
    ['another kind of plan', anAccountBody({ plan: { kind: 'free' } }), ['/plan/kind']],
    ['trial days to buy', anAccountBody({ plan: { kind: 'purchased', trialDays: 3 } }), ['/plan/trialDays']],
  ])('A body with this problem is refused by the pointer of its field: %s', async (_, body, pointers) => {
    const answer = await api.post(url, body ?? 'null', { headers: { 'content-type': 'application/json' } })
    expect(answer.status).toBe(422)
    expect(pointersOf(answer)).toEqual(pointers)
  })
})

describe('The parent of an account', () => {
  test('A unit can be added below an enterprise', async () => {
    const enterprise = await anOrganization(api.db, api.platformId, { type: 'enterprise' })
    const body = anAccountBody({ type: 'unit' })
    delete body.plan
    expect((await api.post(`/v1/organizations/${enterprise}/accounts`, body)).status).toBe(202)
  })

  test('A customer can not be added below a customer', async () => {
    const customer = await anOrganization(api.db, api.platformId, { type: 'customer' })
    const answer = await api.post(`/v1/organizations/${customer}/accounts`, anAccountBody())
    expect(pointersOf(answer)).toEqual(['/type'])
  })

  test('An account can not be added below a suspended parent', async () => {
    const parent = await anOrganization(api.db, api.platformId)
    await setStatus(api.db, parent, 'suspended')
    const answer = await api.post(`/v1/organizations/${parent}/accounts`, anAccountBody())
    expect(statusAndCode(answer)).toEqual([409, 'parent_not_active'])
  })

  test('A partner adds accounts below itself, and gets the same 404 for another parent as for an unknown one', async () => {
    const [mine, other] = [
      await anOrganization(api.db, api.platformId),
      await anOrganization(api.db, api.platformId),
    ]
    const key = await api.keyFor(mine)
    const at = (parent: string, body: unknown) =>
      api.post(`/v1/organizations/${parent}/accounts`, body, { key })
    expect((await at(mine, anAccountBody())).status).toBe(202)
    const strange = await Promise.all([at(other, { bad: 1 }), at('root', {}), at('org_nonsense', {})])
    for (const { status, body } of strange) {
      expect(status).toBe(404)
      expect({ ...body, requestId: '' }).toEqual({ ...strange[0]?.body, requestId: '' })
    }
  })
})

describe('Idempotency keys', () => {
  test('Fifty requests at once under one key make one onboarding', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => send('fifty', anAccountBody())))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]))
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
    expect(api.temporal.started.filter(({ id }) => id === answers[0]?.body.id)).toHaveLength(1)
  })

  test('A repeated request gets the first onboarding, even if its email is taken by now and its body is spelled otherwise', async () => {
    const user = { fullName: 'Grace', email: 'grace@example.com' }
    const first = await send('replayed', anAccountBody({ user }))
    await aUser(api.db, api.platformId, user)
    const spelledOtherwise = {
      user: { email: 'GRACE@example.com', fullName: 'Grace', sendPasswordInstructions: true },
      plan: { licenses: 5, kind: 'trial' },
      company: { state: 'Texas', name: 'Northwind Traders', country: 'us' },
      type: 'customer',
    }
    const again = await send('replayed', spelledOtherwise)
    expect([again.status, again.body.id]).toEqual([202, first.body.id])
  })

  test('Another body under the same key is refused', async () => {
    await send('reused', anAccountBody())
    const answer = await send('reused', anAccountBody({ plan: { kind: 'trial', licenses: 6 } }))
    expect(statusAndCode(answer)).toEqual([422, 'idempotency_key_reused'])
  })

  test('The same key of another caller or under another parent makes another onboarding', async () => {
    const parent = await anOrganization(api.db, api.platformId)
    const key = await api.keyFor(parent)
    const at = `/v1/organizations/${parent}/accounts`
    const headers = { 'idempotency-key': 'shared' }
    const ids = [
      await api.post(url, anAccountBody(), { headers }),
      await api.post(at, anAccountBody(), { headers }),
      await api.post(at, anAccountBody(), { headers, key }),
    ].map(({ body }) => body.id)
    expect(new Set(ids).size).toBe(3)
  })

  test.each(['', 'a b', 'é', 'x'.repeat(256)])('A malformed key is refused: "%s"', async (key) => {
    const answer = await send(key, anAccountBody())
    expect(answer.status).toBe(400)
    expect(pointersOf(answer)).toEqual(['/headers/idempotency-key'])
  })
})
