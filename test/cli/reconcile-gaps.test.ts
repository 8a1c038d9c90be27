import { expect, test } from 'vitest'
import { definePlugin } from '../../plugins/plugin-contract.ts'
import { remoteProvider } from '../builders/remote-provider.ts'
import { aCustomerBilledBy } from '../builders/plan.ts'
import { startReconciledDeployment } from './reconciled-deployment.ts'

// This adapter has no `listSubscriptions`.
const mute = definePlugin({ name: 'mute', billing: [remoteProvider('mute').adapter] })
const { db, provider, addAccount, reconcile, subscriptionOf } = await startReconciledDeployment(mute)

test('an adapter that cannot list subscriptions, or that no plug-in brings, is named, and the others are compared', async () => {
  await aCustomerBilledBy(db, 'mute')
  await aCustomerBilledBy(db, 'removed')
  const account = await addAccount()
  provider.subscriptions.delete(String(await subscriptionOf(account)))
  const { code, lines, findings } = await reconcile()
  expect(code).toBe(1)
  expect(lines.filter((line) => line.startsWith('Not compared: '))).toEqual([
    'Not compared: subscriptions at "mute": The provider of "mute" can not list subscriptions.',
    'Not compared: accounts billed by "mute": The provider of "mute" can not list subscriptions.',
    'Not compared: subscriptions at "removed": No plug-in brings the billing adapter "removed".',
    'Not compared: accounts billed by "removed": No plug-in brings the billing adapter "removed".',
  ])
  expect(findings.map(({ kind }) => kind)).toContain('subscription_missing_at_provider')
})
