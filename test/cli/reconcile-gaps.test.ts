import { afterAll, beforeAll, expect, test } from 'vitest'
import { definePlugin } from '../../plugins/plugin-contract.ts'
import { remoteProvider } from '../builders/remote-provider.ts'
import { aSubscription } from '../builders/subscription.ts'
import { type ReconciledDeployment, startReconciledDeployment } from './reconciled-deployment.ts'

let deployment: ReconciledDeployment
beforeAll(async () => {
  // This one has no `listSubscriptions`.
  const mute = definePlugin({ name: 'mute', billing: [remoteProvider('mute').adapter] })
  deployment = await startReconciledDeployment({ plugins: [mute] })
})
afterAll(() => deployment.stop())

test('an adapter that can not list, and one that no plug-in brings, are named and hold up no other', async () => {
  const { db, provider, look } = deployment
  await aSubscription(db, { billingAdapter: 'mute' })
  await aSubscription(db, { billingAdapter: 'removed' })
  const account = await deployment.addAccount()
  provider.subscriptions.delete(String(await deployment.subscriptionOf(account)))
  const { code, lines, findings } = await look()
  expect(code).toBe(1)
  expect(lines.filter((line) => line.startsWith('Not compared: '))).toEqual([
    'Not compared: subscriptions at "mute": The provider of "mute" can not list subscriptions.',
    'Not compared: accounts billed by "mute": The provider of "mute" can not list subscriptions.',
    'Not compared: subscriptions at "removed": No plug-in brings the billing adapter "removed".',
    'Not compared: accounts billed by "removed": No plug-in brings the billing adapter "removed".',
  ])
  expect(findings.map(({ kind }) => kind)).toContain('subscription_missing_at_provider')
})
