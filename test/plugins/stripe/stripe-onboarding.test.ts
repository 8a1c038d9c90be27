import { afterAll, beforeAll, expect, test } from 'vitest'
import { stripe } from '../../../plugins/stripe/plugin.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { prices } from '../../builders/stripe-account.ts'
import { type EngineApi, startApiFor } from '../../stack/api.ts'
import type { StripeWithState } from '../../stack/stripe/gaps.ts'
import { startLocalstripe } from '../../stack/stripe/localstripe.ts'
import { type Engine, startEngine } from '../../stack/engine.ts'

let server: StripeWithState
let engine: Engine
let api: EngineApi
beforeAll(async () => {
  server = await startLocalstripe()
  const plugin = stripe({ secretKey: 'sk_test_12345', apiBase: server.url, prices })
  engine = await startEngine({ plugins: [plugin] })
  api = await startApiFor(engine)
}, 400_000)
afterAll(async () => {
  await api?.close()
  await engine?.stop()
  await server?.stop()
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
