import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
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

const statusOf = async (organizationId: string) =>
  (await deployment.api.send('GET', `/v1/organizations/${organizationId}`)).body.status

/** Somebody opens a subscription at the provider that carries an id of ours. */
function openAside(organizationId: string, externalId: string, age = 0): void {
  deployment.provider.subscriptions.set(externalId, {
    organizationId,
    plan: 'purchased',
    status: 'open',
    customerExternalId: 'customer-aside',
    createdAt: new Date(Date.now() - age),
  })
}

/** An operation is done a moment before its workflow has ended, which a look without any grace takes for a finding. */
async function nothingToRemediate(): Promise<void> {
  await expect.poll(async () => (await deployment.look()).findings).toEqual([])
}

describe('a subscription that the provider bills beside that of an account', () => {
  test('is not imported, and is ended there', async () => {
    const { find, remediate, provider, subscriptionOf, look } = deployment
    openAside(account, 'beside')
    const id = await find('subscription_unknown_here', 'memory/beside')
    expect(await remediate('import', id)).toEqual({
      code: 1,
      said: `${id}: not done. The account has a subscription that its provider bills. Delete this one.`,
    })
    expect(await remediate('delete', id)).toMatchObject({ code: 0 })
    expect(provider.subscriptions.get('beside')?.status).toBe('cancelled')
    expect(provider.subscriptions.get(String(await subscriptionOf(account)))?.status).toBe('open')
    expect(await look()).toMatchObject({ code: 0 })
  })

  test('is not imported by an account of the same name: only the id that it carries counts', async () => {
    const { find, remediate, subscriptionOf } = deployment
    const sameName = await deployment.addAccount({ company: { name: 'Twin Ltd', state: 'TX' } })
    const before = await subscriptionOf(sameName)
    deployment.provider.subscriptions.delete(String(before))
    openAside('org_nobody', 'twin')
    const id = await find('subscription_unknown_here', 'memory/twin')
    expect(await remediate('import', id)).toMatchObject({ code: 1 })
    expect(await subscriptionOf(sameName)).toBe(before)
    await remediate('delete', id)
    await remediate('delete', await find('subscription_missing_at_provider'))
  })

  test('is not imported by an account that is suspended', async () => {
    const { find, remediate, operate } = deployment
    await operate(account, 'suspend')
    openAside(account, 'of-suspended')
    const id = await find('subscription_unknown_here')
    expect((await remediate('import', id)).said).toContain('The account is suspended.')
    expect(await remediate('delete', id)).toMatchObject({ code: 0 })
  })

  test('is left alone while it is young', async () => {
    const { look, find, remediate } = deployment
    const minutes = 60_000
    openAside(account, 'young')
    openAside(account, 'old', 90 * minutes)
    expect(await look({ graceMinutes: 60 })).toMatchObject({ findings: [{ subject: 'memory/old' }] })
    for (const name of ['young', 'old'])
      await remediate('delete', await find('subscription_unknown_here', `memory/${name}`))
  })

  test('is found on whatever page it is', async () => {
    const { look, provider } = deployment
    const names = Array.from({ length: 230 }, (_, index) => `aside-${index}`)
    for (const name of names) openAside(account, name)
    expect((await look()).findings.map(({ subject }) => subject).toSorted()).toEqual(
      names.map((name) => `memory/${name}`).toSorted(),
    )
    for (const name of names) provider.subscriptions.delete(name)
    expect(await look()).toMatchObject({ code: 0, findings: [] })
  })
})

test.each([
  ['has lost', 'subscription_missing_at_provider'],
  ['has ended', 'subscription_ended_at_provider'],
] as const)(
  'an account whose subscription the provider %s is suspended, and restored on a new one',
  async (how, kind) => {
    const { provider, find, remediate, operate, subscriptionOf } = deployment
    const before = String(await subscriptionOf(account))
    const subscription = provider.subscriptions.get(before)
    if (how === 'has lost') provider.subscriptions.delete(before)
    else if (subscription !== undefined) subscription.status = 'cancelled'

    const id = await find(kind)
    expect(await remediate('import', id)).toMatchObject({ code: 1 })
    expect(await remediate('delete', id)).toMatchObject({ code: 0 })
    expect(await statusOf(account)).toBe('suspended')
    await nothingToRemediate()

    await operate(account, 'restore')
    const after = String(await subscriptionOf(account))
    expect(after).not.toBe(before)
    expect(provider.subscriptions.get(after)?.status).toBe('open')
    await nothingToRemediate()
  },
)

test('a subscription that has ended here, and is open at the provider, is ended there', async () => {
  const { provider, find, remediate, operate, subscriptionOf, look } = deployment
  const subscription = provider.subscriptions.get(String(await subscriptionOf(account)))
  await operate(account, 'suspend')
  if (subscription !== undefined) subscription.status = 'open'
  const id = await find('subscription_still_open')
  expect(await remediate('delete', id)).toMatchObject({ code: 0 })
  expect(subscription?.status).toBe('cancelled')
  expect(await look()).toMatchObject({ code: 0 })
})

test.each(['memory', 'ledger'])(
  'an account that lost its plan gets it back from %s, with the subscription that it had',
  async (billingAdapter) => {
    const { db, find, remediate, subscriptionOf, look } = deployment
    const organizationId = await deployment.addAccount({
      plan: { kind: 'trial', licenses: 7, billingAdapter },
    })
    const before = await subscriptionOf(organizationId)
    const read = () => deployment.api.send('GET', `/v1/organizations/${organizationId}/licenses`)
    const { plan } = (await read()).body
    await db.deleteFrom('subscriptions').where('organization_id', '=', organizationId).execute()
    await db.deleteFrom('plan_periods').where('organization_id', '=', organizationId).execute()
    expect((await read()).body.plan).toBeNull()

    expect(await remediate('import', await find('plan_missing'))).toMatchObject({ code: 0 })
    expect(await subscriptionOf(organizationId)).toBe(before)
    expect((await read()).body).toMatchObject({ plan, allocated: 7 })
    expect(await look()).toMatchObject({ code: 0 })
  },
)

test('a plan is not given back when the provider does not bill it any more, but the one that it does bill is', async () => {
  const { db, provider, find, remediate, subscriptionOf, look } = deployment
  const before = String(await subscriptionOf(account))
  await db.deleteFrom('subscriptions').where('organization_id', '=', account).execute()
  const subscription = provider.subscriptions.get(before)
  if (subscription !== undefined) subscription.status = 'cancelled'
  openAside(account, 'in-its-place')
  expect((await remediate('import', await find('plan_missing'))).said).toContain(
    'does not bill the subscription',
  )
  expect(await remediate('import', await find('subscription_unknown_here'))).toMatchObject({ code: 0 })
  expect(await subscriptionOf(account)).toBe('in-its-place')
  expect(await look()).toMatchObject({ code: 0 })
})

test('what a provider can not be asked about is said, and what it found before stays open', async () => {
  const { provider, look } = deployment
  openAside(account, 'waits')
  const [before] = (await look()).findings
  provider.isDown = true
  const meanwhile = await look()
  provider.isDown = false
  expect(meanwhile).toMatchObject({ code: 1, findings: [before] })
  expect(meanwhile.lines).toContain('Not compared: subscriptions at "memory": The billing service is down.')
  expect((await look()).findings).toEqual([before])
  provider.subscriptions.delete('waits')
  expect(await look()).toMatchObject({ code: 0 })
  expect(await deployment.read(before?.id ?? '')).toMatchObject({ resolution: 'gone', actor: null })
})
