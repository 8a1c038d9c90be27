import { describe, expect, test } from 'vitest'
import { reconcileMonth } from '../../../activities/reconciliation/reconcile-month.ts'
import { findOpenBills, openBill, recordBill } from '../../../domain/billing/bills.ts'
import { platformId } from '../../../domain/organizations/read-organizations.ts'
import { takeProviderEvent } from '../../../domain/billing/provider-events.ts'
import type { BillingAdapter } from '../../../plugins/plugin-contract.ts'
import { createRegistry } from '../../../plugins/registry.ts'
import { aLicenseUse } from '../../builders/license-use.ts'
import { anOrganization } from '../../builders/organization.ts'
import { aPlanPeriod } from '../../builders/plan-period.ts'
import { remoteProvider } from '../../builders/remote-provider.ts'
import { freshDatabaseForFile } from '../../stack/database.ts'

const month = '2024-03'
const remote = remoteProvider('remote')
const hanging: BillingAdapter = {
  ...remoteProvider('hanging').adapter,
  readUsage: () => new Promise(() => undefined),
}

const { db } = await freshDatabaseForFile()

const { billing } = createRegistry([{ name: 'providers', billing: [remote.adapter, hanging] }])

/**
 * Adds an account with one license used in the month.
 * @param billed whether its bill is recorded, only opened, or missing.
 * @param theirs the usage that the provider has.
 */
async function anAccount(
  subscription: string,
  { billingAdapter = 'remote', billed = 'recorded', theirs = 0 } = {},
): Promise<string> {
  const organizationId = await anOrganization(db, await platformId(db), { type: 'customer' })
  await aPlanPeriod(db, organizationId, { billingAdapter, subscription, to: '2024-03-20T00:00:00Z' })
  await aLicenseUse(db, organizationId)
  if (theirs > 0) remote.usage.set(`${subscription} ${month}`, { trial: 0, purchased: theirs })
  if (billed === 'no') return organizationId
  await db.transaction().execute(async (transaction) => {
    const target = {
      organizationId,
      month,
      subscription: {
        billingAdapter,
        customerExternalId: 'customer',
        subscriptionExternalId: subscription,
      },
    }
    await openBill(transaction, target)
    if (billed === 'opened') return
    for (const { id } of await findOpenBills(transaction, target))
      await recordBill(transaction, { billId: id, externalReference: subscription })
  })
  return organizationId
}

describe('reconciling a month', () => {
  test('lists every difference, and continues when a provider gives no answer', async () => {
    await anAccount('agrees', { theirs: 1 })
    await anAccount('idle', { billed: 'no' })
    await anAccount('waits', { billed: 'opened' })
    const missing = await anAccount('missing')
    const different = await anAccount('different', { theirs: 2 })
    const unknown = await anAccount('unknown', { billed: 'no', theirs: 3 })
    const silent = []
    for (let index = 0; index < 7; index += 1)
      silent.push(await anAccount(`silent-${index}`, { billingAdapter: 'hanging' }))
    const orphan = await anAccount('orphan', { billingAdapter: 'removed' })

    const { compared, findings } = await reconcileMonth({ db, billing, patience: 50 }, month)

    expect(compared).toBe(14)
    const kinds = Object.fromEntries(findings.map((finding) => [finding.organizationId, finding.kind]))
    expect(kinds).toEqual({
      [missing]: 'missing_at_provider',
      [different]: 'different_usage',
      [unknown]: 'unknown_here',
      [orphan]: 'provider_unreachable',
      ...Object.fromEntries(silent.map((id) => [id, 'provider_unreachable'])),
    })
    expect(findings).toContainEqual({
      organizationId: different,
      billingAdapter: 'remote',
      customerExternalId: 'customer',
      subscriptionExternalId: 'different',
      kind: 'different_usage',
      ours: { trial: 0, purchased: 1 },
      theirs: { trial: 0, purchased: 2 },
      message: expect.stringContaining('the provider has 2 purchased'),
    })
    expect(findings).toContainEqual(
      expect.objectContaining({ organizationId: orphan, code: 'billing_adapter_missing' }),
    )
  })

  test('without usage and bills finds nothing', async () => {
    expect(await reconcileMonth({ db, billing }, '2019-01')).toEqual({ compared: 0, findings: [] })
  })

  test('lists an account whose subscription its provider cancelled', async () => {
    const organizationId = await anOrganization(db, await platformId(db), { type: 'customer' })
    await aPlanPeriod(db, organizationId, { billingAdapter: 'remote', subscription: 'ended' })
    const event = { type: 'subscription_cancelled', subscriptionExternalId: 'ended' } as const
    await takeProviderEvent(db, 'remote', { id: 'evt_1', ...event })
    await takeProviderEvent(db, 'remote', { id: 'evt_2', ...event })
    const { findings } = await reconcileMonth({ db, billing }, '2019-01')
    expect(findings).toMatchObject([{ organizationId, kind: 'ended_at_provider' }])
  })
})
