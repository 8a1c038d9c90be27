import { beforeEach, expect, test } from 'vitest'
import { workflowIdOf } from '../../workflows/contract.ts'
import { anAccountBody } from '../builders/account-body.ts'
import { startReconciledDeployment } from './reconciled-deployment.ts'

const { api, db, engine, provider, addAccount, find, read, reconcile, remediate } =
  await startReconciledDeployment()
let account: string
beforeEach(async () => {
  account = await addAccount()
})

/** Deletes the pool of the account. @returns the id of the finding. */
async function deletePool(): Promise<string> {
  await db.deleteFrom('license_pools').where('organization_id', '=', account).execute()
  return find('license_pool_missing', account)
}

const readPools = () =>
  db.selectFrom('license_pools').selectAll().where('organization_id', '=', account).execute()

test('a finding keeps its id while it is open, and has a new id if it recurs', async () => {
  const first = await deletePool()
  expect(await deletePool()).toBe(first)
  await remediate('import', first)
  expect(await deletePool()).not.toBe(first)
  await remediate('import', await deletePool())
})

test('a dry run of a remediation says what it would do, and has no effect', async () => {
  const id = await deletePool()
  expect(await remediate('import', id, { dryRun: true })).toEqual({
    code: 0,
    output: `${id}: dry run, nothing was done. Importing it opens the pool with the licenses of the plan.`,
  })
  expect(await readPools()).toEqual([])
  expect(await read(id)).toMatchObject({ resolution: null })
  await remediate('import', id)
})

test('the actor and the reason of a remediation are recorded, and a second remediation has no effect', async () => {
  const id = await deletePool()
  expect(await remediate('import', id)).toEqual({
    code: 0,
    output: `${id}: imported. That opens the pool with the licenses of the plan.`,
  })
  const kept = await db.selectFrom('findings').selectAll().where('id', '=', id).executeTakeFirst()
  expect(kept).toMatchObject({ resolution: 'imported', actor: 'olga', reason: 'Seen in a test' })
  expect(await remediate('import', id)).toEqual({
    code: 0,
    output: `${id}: the finding is already closed: imported by olga.`,
  })
  expect(await remediate('delete', id)).toMatchObject({ code: 1 })
})

test('of two remediations of one finding at the same time, only one has an effect, and the other says so', async () => {
  const id = await deletePool()
  const both = await Promise.all([remediate('import', id), remediate('import', id)])
  expect(both.map(({ output }) => output).toSorted()).toEqual([
    `${id}: imported. That opens the pool with the licenses of the plan.`,
    `${id}: the finding is already closed: imported by olga.`,
  ])
})

test('a remediation has no effect if the recheck does not find the difference', async () => {
  const id = await deletePool()
  await db.insertInto('license_pools').values({ organization_id: account, allocated: 9 }).execute()
  expect((await remediate('import', id)).output).toContain(
    'the recheck does not find the difference any more',
  )
  expect(await read(id)).toMatchObject({ resolution: 'gone', actor: null })
  expect(await readPools()).toMatchObject([{ allocated: 9 }])
})

test('a finding cannot be remediated while a run of the account is open', async () => {
  const id = await deletePool()
  provider.downFor.add(account)
  const { body } = await api.send('POST', `/v1/organizations/${account}/suspend`, {})
  expect(await remediate('import', id)).toEqual({
    code: 1,
    output: `${id}: not done. A run about the organization has not ended: let it end, or cancel it, first.`,
  })
  provider.downFor.delete(account)
  await api.send('POST', `/v1/operations/${body.id}/cancel`, {})
  await expect
    .poll(async () => (await api.send('GET', `/v1/operations/${body.id}`)).body.status)
    .toBe('cancelled')
  expect(await remediate('import', id)).toMatchObject({ code: 0 })
})

test('a finding stays open if the provider fails during the remediation', async () => {
  const open = { organizationId: account, plan: 'purchased', status: 'open', createdAt: new Date() } as const
  provider.subscriptions.set('second', { ...open, customerExternalId: 'customer-by-hand' })
  const id = await find('subscription_unknown_here')
  provider.downFor.add(account)
  expect(await remediate('delete', id)).toMatchObject({
    code: 1,
    output: expect.stringContaining('service is down'),
  })
  expect(await read(id)).toMatchObject({ resolution: null })
  provider.downFor.delete(account)
  expect(await remediate('delete', id)).toMatchObject({ code: 0 })
})

test('a stuck run whose workflow was terminated needs attention again after an import, and can be completed', async () => {
  provider.isDown = true
  const plan = { kind: 'purchased', billingAdapter: 'memory' }
  const { body } = await api.send('POST', '/v1/organizations/root/accounts', anAccountBody({ plan }))
  await api.until(body.id, 'needs_attention')
  provider.isDown = false
  expect(await reconcile()).toMatchObject({ code: 0 })
  const workflowId = workflowIdOf({ kind: 'add-account', id: body.id })
  await engine.client.workflow.getHandle(workflowId).terminate('By hand.')
  expect(await reconcile({ graceMinutes: 60 })).toMatchObject({ code: 0 })
  expect(await remediate('import', await find('run_without_workflow', body.id))).toMatchObject({ code: 0 })
  // The run is stuck at the step that its step journal says.
  expect((await api.send('POST', `/v1/onboardings/${body.id}/retry`, {})).status).toBe(202)
  const { organizationId } = await api.until(body.id, 'completed')
  expect(await reconcile()).toMatchObject({ code: 0 })
  const events = await api.send('GET', `/v1/organizations/${organizationId}/activity`)
  expect(events.body.items).toContainEqual(
    expect.objectContaining({ actor: 'olga', data: expect.objectContaining({ requested: 'start' }) }),
  )
})

test('the command says if no finding has the id', async () => {
  expect((await remediate('import', 'fnd_nobody')).output).toContain('no finding has this id')
})
