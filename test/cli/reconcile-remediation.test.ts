import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { workflowIdOf } from '../../workflows/contract.ts'
import { anAccountBody } from '../builders/account-body.ts'
import { type ReconciledDeployment, startReconciledDeployment } from './reconciled-deployment.ts'

let deployment: ReconciledDeployment
let account: string
beforeAll(async () => {
  deployment = await startReconciledDeployment()
})
beforeEach(async () => {
  account = await deployment.addAccount()
})
afterAll(() => deployment.stop())

/** Takes the pool of the account away. */
async function losePool(): Promise<string> {
  await deployment.db.deleteFrom('license_pools').where('organization_id', '=', account).execute()
  return deployment.find('license_pool_missing', account)
}

const poolsOf = async (organizationId: string) =>
  (
    await deployment.db
      .selectFrom('license_pools')
      .select('organization_id')
      .where('organization_id', '=', organizationId)
      .execute()
  ).length

test('a finding keeps its id from round to round, and is another when it comes back', async () => {
  const first = await losePool()
  expect(await losePool()).toBe(first)
  await deployment.remediate('import', first)
  expect(await losePool()).not.toBe(first)
  await deployment.remediate('import', await losePool())
})

test('a dry run says what would be done, and does nothing', async () => {
  const id = await losePool()
  expect(await deployment.remediate('import', id, { dryRun: true })).toEqual({
    code: 0,
    said: `${id}: dry run, nothing was done. Importing it opens the pool with the licenses of the plan.`,
  })
  expect(await poolsOf(account)).toBe(0)
  expect(await deployment.read(id)).toMatchObject({ resolution: null })
  await deployment.remediate('import', id)
})

test('who remediated it and why is kept, and remediating it again is harmless', async () => {
  const id = await losePool()
  expect(await deployment.remediate('import', id)).toEqual({
    code: 0,
    said: `${id}: imported. That opens the pool with the licenses of the plan.`,
  })
  const kept = await deployment.db.selectFrom('findings').selectAll().where('id', '=', id).executeTakeFirst()
  expect(kept).toMatchObject({ resolution: 'imported', actor: 'olga', reason: 'Seen in a test' })
  expect(await deployment.remediate('import', id)).toEqual({
    code: 0,
    said: `${id}: the finding is already closed: imported by olga.`,
  })
  expect(await deployment.remediate('delete', id)).toMatchObject({ code: 1 })
})

test('of two who remediate a finding at once one does it, and the other is told', async () => {
  const id = await losePool()
  const both = await Promise.all([deployment.remediate('import', id), deployment.remediate('import', id)])
  expect(both.map(({ said }) => said).toSorted()).toEqual([
    `${id}: imported. That opens the pool with the licenses of the plan.`,
    `${id}: the finding is already closed: imported by olga.`,
  ])
})

test('what has mended itself meanwhile is left as it is', async () => {
  const { db, remediate, read } = deployment
  const id = await losePool()
  await db.insertInto('license_pools').values({ organization_id: account, allocated: 9 }).execute()
  expect((await remediate('import', id)).said).toContain('the recheck does not find the difference any more')
  expect(await read(id)).toMatchObject({ resolution: 'gone', actor: null })
  const pool = await db
    .selectFrom('license_pools')
    .selectAll()
    .where('organization_id', '=', account)
    .execute()
  expect(pool).toMatchObject([{ allocated: 9 }])
})

test('nothing is remediated while a run about the account is under way', async () => {
  const { api, provider, remediate } = deployment
  const id = await losePool()
  provider.downFor.add(account)
  const { body } = await api.send('POST', `/v1/organizations/${account}/suspend`, {})
  expect(await remediate('import', id)).toEqual({
    code: 1,
    said: `${id}: not done. A run about the organization has not ended: let it end, or cancel it, first.`,
  })
  provider.downFor.delete(account)
  await api.send('POST', `/v1/operations/${body.id}/cancel`, {})
  await expect
    .poll(async () => (await api.send('GET', `/v1/operations/${body.id}`)).body.status)
    .toBe('cancelled')
  expect(await remediate('import', id)).toMatchObject({ code: 0 })
})

test('a provider that fails while something is ended there leaves the finding open', async () => {
  const { provider, find, remediate, read } = deployment
  const open = { organizationId: account, plan: 'purchased', status: 'open', createdAt: new Date() } as const
  provider.subscriptions.set('aside', { ...open, customerExternalId: 'customer-aside' })
  const id = await find('subscription_unknown_here')
  provider.downFor.add(account)
  expect(await remediate('delete', id)).toMatchObject({
    code: 1,
    said: expect.stringContaining('service is down'),
  })
  expect(await read(id)).toMatchObject({ resolution: null })
  provider.downFor.delete(account)
  expect(await remediate('delete', id)).toMatchObject({ code: 0 })
})

test('a stuck run whose workflow was terminated waits for a person again, and goes on', async () => {
  const { api, engine, provider, find, remediate, look } = deployment
  provider.isDown = true
  const plan = { kind: 'purchased', billingAdapter: 'memory' }
  const { body } = await api.send('POST', '/v1/organizations/root/accounts', anAccountBody({ plan }))
  await api.until(body.id, 'needs_attention')
  provider.isDown = false
  expect(await look()).toMatchObject({ code: 0 })
  await engine.client.workflow
    .getHandle(workflowIdOf({ kind: 'add-account', id: body.id }))
    .terminate('By hand.')
  expect(await look({ graceMinutes: 60 })).toMatchObject({ code: 0 })
  expect(await remediate('import', await find('run_without_workflow', body.id))).toMatchObject({ code: 0 })
  // It waits again for the person that its ledger says it waits for.
  expect((await api.send('POST', `/v1/onboardings/${body.id}/retry`, {})).status).toBe(202)
  await api.until(body.id, 'completed')
  expect(await look()).toMatchObject({ code: 0 })
  const events = await api.send(
    'GET',
    `/v1/organizations/${(await api.until(body.id, 'completed')).organizationId}/activity`,
  )
  expect(events.body.items).toContainEqual(
    expect.objectContaining({ actor: 'olga', data: expect.objectContaining({ requested: 'start' }) }),
  )
})

test('an id that no finding has is told', async () => {
  expect((await deployment.remediate('import', 'fnd_nobody')).said).toContain('no finding has this id')
})
