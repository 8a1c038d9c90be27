import { MockActivityEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createBillingRound } from '../../../activities/schedules/accept-due-bills.ts'
import { monthOf, previousMonth } from '../../../domain/billing/months.ts'
import { pino } from 'pino'
import { aLicenseUse } from '../../builders/license-use.ts'
import { anOrganization } from '../../builders/organization.ts'
import { aPlan } from '../../builders/plan.ts'
import { aPlanPeriod } from '../../builders/plan-period.ts'
import { type ApiUnderTest, startApi } from '../api-under-test.ts'

// A deployment has left out a billing adapter by which accounts are billed.
let api: ApiUnderTest
let account: string
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())

async function anAccount(status: 'active' | 'suspended' = 'active'): Promise<string> {
  account = await anOrganization(api.db, api.platformId, { type: 'customer' })
  await aPlan(api.db, account)
  await api.db.updateTable('organizations').set({ status }).where('id', '=', account).execute()
  await api.db
    .updateTable('subscriptions')
    .set({ billing_adapter: 'gone', status })
    .where('organization_id', '=', account)
    .execute()
  return account
}

test.each([
  ['PUT', 'plan', { kind: 'purchased', licenses: 9 }, 'active'],
  ['PUT', 'plan', { kind: 'purchased', licenses: 5, billingAdapter: 'ledger' }, 'active'],
  ['POST', 'restore', {}, 'suspended'],
] as const)('%s …/%s is refused, naming the adapter', async (method, name, body, status) => {
  const address = `/v1/organizations/${await anAccount(status)}/${name}`
  for (const query of ['?dryRun=true', ''])
    expect(await api.send(method, `${address}${query}`, { body })).toMatchObject({
      status: 409,
      body: { code: 'provider_refused', detail: expect.stringContaining('"gone"') },
    })
})

test.each(['suspend', 'close'])(
  'POST …/%s is taken: what has to be billed waits for a person',
  async (name) => {
    const address = `/v1/organizations/${await anAccount()}/${name}`
    expect((await api.send('POST', `${address}?dryRun=true`, { body: {} })).status).toBe(200)
    const { status, body } = await api.send('POST', address, { body: {} })
    expect(status).toBe(202)
    expect(body.steps).toMatchObject([{ id: `${name}-organizations` }, {}, { id: 'report-usage' }, {}])
  },
)

test('a round of billing asks for every account, those that it billed included', async () => {
  const month = previousMonth(monthOf(new Date()))
  const accounts: string[] = []
  for (const billingAdapter of ['gone', 'ledger']) {
    const id = await anOrganization(api.db, api.platformId, { type: 'customer' })
    await aPlanPeriod(api.db, id, { billingAdapter })
    await aLicenseUse(api.db, id)
    accounts.push(id)
  }
  const { db, registry } = api
  const round = createBillingRound({ db, registry, logger: pino({ level: 'silent' }) })
  const due = await new MockActivityEnvironment().run(round['accept-due-bills'], { month })
  expect(due).toMatchObject({ runs: [{ billingAdapter: 'gone' }, { billingAdapter: 'ledger' }] })
})
