import { MockActivityEnvironment } from '@temporalio/testing'
import { expect, test } from 'vitest'
import { pino } from 'pino'
import { acceptDueBills } from '../../../activities/schedules/accept-due-bills.ts'
import { monthOf, previousMonth } from '../../../domain/billing/months.ts'
import { aLicenseUse } from '../../builders/license-use.ts'
import { anOrganization, setStatus } from '../../builders/organization.ts'
import { aPlan } from '../../builders/plan.ts'
import { aPlanPeriod } from '../../builders/plan-period.ts'
import { startApiForFile } from '../api-under-test.ts'
import { changeRows } from '../../builders/rows.ts'

// Accounts that are billed by an adapter which the deployment no longer has.
let account: string
const api = await startApiForFile()

async function anAccount(status: 'active' | 'suspended' = 'active'): Promise<string> {
  account = await anOrganization(api.db, api.platformId, { type: 'customer' })
  await aPlan(api.db, account)
  await setStatus(api.db, account, status)
  const gone = { billing_adapter: 'gone', status }
  await changeRows(api.db, 'subscriptions', { organization_id: account }, gone)
  return account
}

test.each([
  ['PUT', 'plan', { kind: 'purchased', licenses: 9 }, 'active'],
  ['PUT', 'plan', { kind: 'purchased', licenses: 5, billingAdapter: 'ledger' }, 'active'],
  ['POST', 'restore', {}, 'suspended'],
] as const)('%s …/%s is refused with the name of the missing adapter', async (method, name, body, status) => {
  const address = `/v1/organizations/${await anAccount(status)}/${name}`
  for (const query of ['?dryRun=true', ''])
    expect(await api.send(method, `${address}${query}`, { body })).toMatchObject({
      status: 409,
      body: { code: 'provider_refused', detail: expect.stringContaining('"gone"') },
    })
})

test.each(['suspend', 'close'])(
  'POST …/%s is accepted, with a step that reports the usage of the missing adapter',
  async (name) => {
    const address = `/v1/organizations/${await anAccount()}/${name}`
    expect((await api.post(`${address}?dryRun=true`)).status).toBe(200)
    const { status, body } = await api.post(address)
    expect(status).toBe(202)
    expect(body.steps).toMatchObject([{ id: `${name}-organizations` }, {}, { id: 'report-usage' }, {}])
  },
)

test('A rename is accepted, with a step that carries the name to the missing adapter', async () => {
  const headers = { 'if-match': '*' }
  const answer = await api.patch(`/v1/organizations/${await anAccount()}`, { name: 'Renamed' }, { headers })
  expect(answer.status).toBe(200)
  const [, operation] = /^<(.*)>; rel="status"$/.exec(String(answer.headers.link)) ?? []
  expect((await api.get(String(operation))).body).toMatchObject({
    request: { billingAdapter: 'gone' },
    steps: [{ id: 'update-customer', optional: true }],
  })
})

test('A billing round starts a run for every account, also for accounts of a missing adapter', async () => {
  const month = previousMonth(monthOf(new Date()))
  const accounts: string[] = []
  for (const billingAdapter of ['gone', 'ledger']) {
    const id = await anOrganization(api.db, api.platformId, { type: 'customer' })
    await aPlanPeriod(api.db, id, { billingAdapter })
    await aLicenseUse(api.db, id)
    accounts.push(id)
  }
  const { db, registry } = api
  const dependencies = { db, registry, logger: pino({ level: 'silent' }) }
  const due = await new MockActivityEnvironment().run(acceptDueBills, dependencies, { month })
  expect(due).toMatchObject({ runs: [{ billingAdapter: 'gone' }, { billingAdapter: 'ledger' }] })
})
