import { beforeEach, describe, expect, test } from 'vitest'
import { startReconciledDeployment } from './reconciled-deployment.ts'

const { api, db, provider, addAccount, find, read, reconcile, remediate, runOperation, subscriptionOf } =
  await startReconciledDeployment()
let account: string
beforeEach(async () => {
  account = await addAccount()
})

const statusOf = async (organizationId: string) =>
  (await api.send('GET', `/v1/organizations/${organizationId}`)).body.status

/**
 * Opens a subscription for an account at the provider, as a person would by hand.
 * @param age the age of the subscription in milliseconds.
 */
function openAtProvider(organizationId: string, externalId: string, age = 0): void {
  provider.subscriptions.set(externalId, {
    organizationId,
    plan: 'purchased',
    status: 'open',
    customerExternalId: 'customer-by-hand',
    createdAt: new Date(Date.now() - age),
  })
}

describe('a second subscription of an account at the provider', () => {
  test('cannot be imported, and is cancelled by the remediation delete', async () => {
    openAtProvider(account, 'second')
    const id = await find('subscription_unknown_here', 'memory/second')
    expect(await remediate('import', id)).toEqual({
      code: 1,
      output: `${id}: not done. The account has a subscription that its provider bills. Delete this one.`,
    })
    expect(await remediate('delete', id)).toMatchObject({ code: 0 })
    expect(provider.subscriptions.get('second')?.status).toBe('cancelled')
    expect(provider.subscriptions.get(String(await subscriptionOf(account)))?.status).toBe('open')
    expect(await reconcile()).toMatchObject({ code: 0 })
  })

  test('cannot be imported into another account of the same name, because only its organization id counts', async () => {
    const sameName = await addAccount({ company: { name: 'Twin Ltd', state: 'TX' } })
    const before = await subscriptionOf(sameName)
    provider.subscriptions.delete(String(before))
    openAtProvider('org_nobody', 'twin')
    const id = await find('subscription_unknown_here', 'memory/twin')
    expect(await remediate('import', id)).toMatchObject({ code: 1 })
    expect(await subscriptionOf(sameName)).toBe(before)
    await remediate('delete', id)
    await remediate('delete', await find('subscription_missing_at_provider'))
  })

  test('cannot be imported into a suspended account', async () => {
    await runOperation(account, 'suspend')
    openAtProvider(account, 'of-suspended')
    const id = await find('subscription_unknown_here')
    expect((await remediate('import', id)).output).toContain('The account is suspended.')
    expect(await remediate('delete', id)).toMatchObject({ code: 0 })
  })

  test('is not a finding while it is younger than the grace', async () => {
    const minutes = 60_000
    openAtProvider(account, 'young')
    openAtProvider(account, 'old', 90 * minutes)
    expect(await reconcile({ graceMinutes: 60 })).toMatchObject({ findings: [{ subject: 'memory/old' }] })
    for (const name of ['young', 'old'])
      await remediate('delete', await find('subscription_unknown_here', `memory/${name}`))
  })

  test('is found on every page of the list of the provider', async () => {
    const names = Array.from({ length: 230 }, (_, index) => `second-${index}`)
    for (const name of names) openAtProvider(account, name)
    expect((await reconcile()).findings.map(({ subject }) => subject).toSorted()).toEqual(
      names.map((name) => `memory/${name}`).toSorted(),
    )
    for (const name of names) provider.subscriptions.delete(name)
    expect(await reconcile()).toMatchObject({ code: 0, findings: [] })
  })
})

test.each([
  ['does not have', 'subscription_missing_at_provider'],
  ['has ended', 'subscription_ended_at_provider'],
] as const)(
  'an account whose subscription the provider %s is suspended, and a restore opens a new subscription',
  async (how, kind) => {
    const before = String(await subscriptionOf(account))
    const subscription = provider.subscriptions.get(before)
    if (how === 'does not have') provider.subscriptions.delete(before)
    else if (subscription !== undefined) subscription.status = 'cancelled'

    const id = await find(kind)
    expect(await remediate('import', id)).toMatchObject({ code: 1 })
    expect(await remediate('delete', id)).toMatchObject({ code: 0 })
    expect(await statusOf(account)).toBe('suspended')
    expect((await reconcile()).findings).toEqual([])

    await runOperation(account, 'restore')
    const after = String(await subscriptionOf(account))
    expect(after).not.toBe(before)
    expect(provider.subscriptions.get(after)?.status).toBe('open')
    expect((await reconcile()).findings).toEqual([])
  },
)

test('a subscription that has ended in our tables and is open at the provider is cancelled there', async () => {
  const subscription = provider.subscriptions.get(String(await subscriptionOf(account)))
  await runOperation(account, 'suspend')
  if (subscription !== undefined) subscription.status = 'open'
  const id = await find('subscription_still_open')
  expect(await remediate('delete', id)).toMatchObject({ code: 0 })
  expect(subscription?.status).toBe('cancelled')
  expect(await reconcile()).toMatchObject({ code: 0 })
})

test.each(['memory', 'ledger'])(
  'an account without its plan gets the plan and the subscription back from adapter %s',
  async (billingAdapter) => {
    const organizationId = await addAccount({ plan: { kind: 'trial', licenses: 7, billingAdapter } })
    const before = await subscriptionOf(organizationId)
    const readLicenses = () => api.send('GET', `/v1/organizations/${organizationId}/licenses`)
    const { plan } = (await readLicenses()).body
    await db.deleteFrom('subscriptions').where('organization_id', '=', organizationId).execute()
    await db.deleteFrom('plan_periods').where('organization_id', '=', organizationId).execute()
    expect((await readLicenses()).body.plan).toBeNull()

    expect(await remediate('import', await find('plan_missing'))).toMatchObject({ code: 0 })
    expect(await subscriptionOf(organizationId)).toBe(before)
    expect((await readLicenses()).body).toMatchObject({ plan, allocated: 7 })
    expect(await reconcile()).toMatchObject({ code: 0 })
  },
)

test('a plan cannot be imported after its subscription has ended, but another open subscription can', async () => {
  const before = String(await subscriptionOf(account))
  await db.deleteFrom('subscriptions').where('organization_id', '=', account).execute()
  const subscription = provider.subscriptions.get(before)
  if (subscription !== undefined) subscription.status = 'cancelled'
  openAtProvider(account, 'in-its-place')
  expect((await remediate('import', await find('plan_missing'))).output).toContain(
    'does not bill the subscription',
  )
  expect(await remediate('import', await find('subscription_unknown_here'))).toMatchObject({ code: 0 })
  expect(await subscriptionOf(account)).toBe('in-its-place')
  expect(await reconcile()).toMatchObject({ code: 0 })
})

test('if a provider is down, the command says so, and earlier findings about it stay open', async () => {
  openAtProvider(account, 'waits')
  const [before] = (await reconcile()).findings
  provider.isDown = true
  const whileDown = await reconcile()
  provider.isDown = false
  expect(whileDown).toMatchObject({ code: 1, findings: [before] })
  expect(whileDown.lines).toContain('Not compared: subscriptions at "memory": The billing service is down.')
  expect((await reconcile()).findings).toEqual([before])
  provider.subscriptions.delete('waits')
  expect(await reconcile()).toMatchObject({ code: 0 })
  expect(await read(before?.id ?? '')).toMatchObject({ resolution: 'gone', actor: null })
})
