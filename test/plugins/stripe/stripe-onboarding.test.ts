import { afterAll, expect, test } from 'vitest'
import { stripe } from '../../../plugins/stripe/plugin.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { startEngineForFile } from '../../builders/engine-for-file.ts'
import { prices } from '../../builders/stripe-account.ts'
import { startLocalstripe } from '../../stack/stripe/localstripe.ts'

const server = await startLocalstripe()
afterAll(() => server.stop())
const { engine, api } = await startEngineForFile({
  plugins: [stripe({ secretKey: 'sk_test_12345', apiBase: server.url, prices })],
})

test('an account whose plan names Stripe has one customer and one subscription there, with the ids that we stored', async () => {
  const plan = { kind: 'trial', licenses: 3, billingAdapter: 'stripe' }
  const { status, body } = await api.addAccount(anAccountBody({ plan }))
  expect([status, body.status]).toEqual([201, 'completed'])
  const stored = await engine.db
    .selectFrom('subscriptions')
    .select(['billing_adapter', 'external_customer_id', 'external_subscription_id'])
    .where('organization_id', '=', body.organizationId)
    .executeTakeFirstOrThrow()
  expect(stored.billing_adapter).toBe('stripe')
  const response = await fetch(`${server.url}/v1/subscriptions/${stored.external_subscription_id}`, {
    headers: { authorization: 'Bearer sk_test_12345' },
  })
  expect(await response.json()).toMatchObject({
    customer: stored.external_customer_id,
    status: 'trialing',
    metadata: { tenantry_organization: body.organizationId, tenantry_plan: 'trial' },
  })
  const made = server.effects().filter((effect) => /customers|subscriptions/.test(effect))
  expect(made).toEqual(['POST /v1/customers', 'POST /v1/subscriptions'])
})
