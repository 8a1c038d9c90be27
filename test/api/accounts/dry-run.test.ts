import { expect, test } from 'vitest'
import { addAccountExamples } from '../../../api/accounts/schemas.ts'
import { accountDryRun } from '../../../api/accounts/dry-run-schema.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { aUser } from '../../builders/user.ts'
import { pointersOf, startApiForFile } from '../api-under-test.ts'

const api = await startApiForFile()

const url = '/v1/organizations/root/accounts?dryRun=true'

test('A dry run shows what each step would do, and has no effect', async () => {
  const answer = await api.post(url, addAccountExamples.customerOnTrial)
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

test('A dry run names every problem of a well-formed request', async () => {
  const user = { fullName: 'Ada', email: 'ada@example.com' }
  await aUser(api.db, api.platformId, user)
  const body = anAccountBody({ user, plan: { kind: 'trial', billingAdapter: 'nobody' } })
  const answer = await api.post(url, body)
  expect(answer.status).toBe(200)
  expect(answer.body).toMatchObject({
    valid: false,
    problems: [{ code: 'email_taken' }, { code: 'unknown_billing_adapter' }],
  })
})

test('A dry run of an invalid body is refused with every problem', async () => {
  const answer = await api.post(url, { type: 'unit', company: { name: 'A' } })
  expect(answer.status).toBe(422)
  expect(pointersOf(answer)).toEqual(['/company/state', '/type'])
})
