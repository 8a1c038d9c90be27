import { afterAll, beforeAll, expect, test } from 'vitest'
import { addAccountExamples } from '../../../api/accounts/schemas.ts'
import { accountDryRun } from '../../../api/accounts/dry-run-schema.ts'
import { insertUser } from '../../../domain/users/user-records.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { type ApiUnderTest, pointersOf, startApi } from '../api-under-test.ts'

let api: ApiUnderTest
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())

const url = '/v1/organizations/root/accounts?dryRun=true'

test('a dry run shows what each step would do, and has no effect', async () => {
  const answer = await api.send('POST', url, { body: addAccountExamples.customerOnTrial })
  expect(answer.status).toBe(200)
  const shown = accountDryRun.parse(answer.body)
  expect(shown).toMatchObject({
    valid: true,
    problems: [],
    organization: { state: 'US-TX', parentName: 'Platform' },
  })
  expect(shown.steps.map(({ id }) => id)).toEqual([
    'validate-account',
    'create-organization',
    'create-user',
    'start-billing',
    'provision-licenses',
    'notify-user',
  ])
  expect(shown.steps.every(({ preview }) => preview.summary !== '')).toBe(true)
  expect(api.temporal.started).toHaveLength(0)
  expect(await api.db.selectFrom('runs').selectAll().execute()).toHaveLength(0)
})

test('a dry run names every problem of a well-formed request', async () => {
  const user = { fullName: 'Ada', email: 'ada@example.com' }
  await api.db
    .transaction()
    .execute((transaction) => insertUser(transaction, { organizationId: api.platformId, ...user }))
  const body = anAccountBody({ user, plan: { kind: 'trial', billingAdapter: 'nobody' } })
  const answer = await api.send('POST', url, { body })
  expect(answer.status).toBe(200)
  expect(answer.body).toMatchObject({
    valid: false,
    problems: [{ code: 'email_taken' }, { code: 'unknown_billing_adapter' }],
  })
})

test('a body that can not be read is refused with every problem', async () => {
  const answer = await api.send('POST', url, { body: { type: 'unit', company: { name: 'A' } } })
  expect(answer.status).toBe(422)
  expect(pointersOf(answer)).toEqual(['/company/state', '/type'])
})
