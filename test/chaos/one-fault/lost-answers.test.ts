import { afterAll, beforeAll, expect, test } from 'vitest'
import { type HttpFault, type HttpProxy, throughHttpProxy } from '../../../plugins/conformance/http-proxy.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import {
  type BillingProvider,
  providerSecret,
  startBillingProvider,
} from '../../plugins/http/billing-provider.ts'
import { freshDatabase, type TestDatabase } from '../../stack/database.ts'
import type { StripeWithState } from '../../stack/stripe/gaps.ts'
import { startLocalstripe } from '../../stack/stripe/localstripe.ts'
import { createDeployment, type Deployment } from './deployment.ts'

let database: TestDatabase
let stripe: StripeWithState
let provider: BillingProvider
beforeAll(async () => {
  ;[database, stripe, provider] = await Promise.all([
    freshDatabase(),
    startLocalstripe(),
    startBillingProvider(),
  ])
}, 400_000)
afterAll(async () => {
  await provider.stop()
  await stripe.stop()
  await database.drop()
})

type Adapter = 'stripe' | 'http' | 'ledger'
const remote = ['stripe', 'http'] as const

/** A worker and an API whose way to both providers leads through proxies. */
interface Stage {
  deployment: Deployment
  proxies: Record<(typeof remote)[number], HttpProxy>
}

async function onStage(body: (stage: Stage) => Promise<void>): Promise<void> {
  await throughHttpProxy(stripe.url, (toStripe) =>
    throughHttpProxy(provider.url, async (toProvider) => {
      const deployment = await createDeployment({
        db: database.db,
        databaseUrl: database.url,
        variables: {
          STRIPE_SECRET_KEY: 'sk_test_12345',
          STRIPE_API_BASE: toStripe.url,
          BILLING_HTTP_URL: toProvider.url,
          BILLING_HTTP_SECRET: providerSecret,
          TEST_QUICK_RETRIES: 'yes',
        },
      })
      try {
        await body({ deployment, proxies: { stripe: toStripe, http: toProvider } })
      } finally {
        await deployment.stop()
      }
    }),
  )
}

const patience = { timeout: 50_000, interval: 100 }

async function accept({ deployment }: Stage, billingAdapter: Adapter): Promise<string> {
  const body = anAccountBody({ plan: { kind: 'trial', licenses: 3, billingAdapter } })
  return (await deployment.send('POST', '/v1/organizations/root/accounts', body)).body.id
}

async function added(stage: Stage, adapter: Adapter): Promise<void> {
  await stage.deployment.until([await accept(stage, adapter)], 'completed')
}

/** How many requests a provider is sent for an account: the last one is that which subscribes it. */
async function requestsFor(stage: Stage, adapter: (typeof remote)[number]): Promise<number> {
  stage.proxies[adapter].meet(undefined)
  await added(stage, adapter)
  return stage.proxies[adapter].requests()
}

/** What a provider was asked to make, and what it made, by its own count. */
async function atProvider(adapter: Adapter): Promise<{ asked: number; made: number }> {
  if (adapter === 'stripe') {
    const subscribing = stripe.calls().filter(({ method, path }) => method === 'POST' && isSubscribing(path))
    return { asked: subscribing.length, made: stripe.effects().filter(isSubscribing).length }
  }
  if (adapter === 'http') {
    const subscribing = provider.received.filter(({ body }) => body.operation === 'ensureSubscription')
    return { asked: subscribing.length, made: provider.books.opened() }
  }
  const records = await database.db
    .selectFrom('ledger_records')
    .select('id')
    .where('kind', '=', 'subscription')
    .execute()
  return { asked: records.length, made: records.length }
}

const isSubscribing = (path: string) => path.endsWith('/v1/subscriptions')

test('an account whose provider subscribed it, and was not heard, is not subscribed again: the provider is asked', async () => {
  await onStage(async (stage) => {
    const { deployment, proxies } = stage
    await deployment.workerAndApi.start()
    // What Stripe needs once is made with the first account.
    await added(stage, 'stripe')
    const last = {
      stripe: (await requestsFor(stage, 'stripe')) - 1,
      http: (await requestsFor(stage, 'http')) - 1,
    }

    const ways: Exclude<HttpFault['kind'], 'answered' | 'unheard'>[] = ['answer lost', 'answer held back']
    for (const kind of ways) {
      const before = { stripe: await atProvider('stripe'), http: await atProvider('http') }
      for (const adapter of remote) proxies[adapter].meet({ kind, after: last[adapter] })
      const ids = await Promise.all(remote.map((adapter) => accept(stage, adapter)))
      // Each goes on as soon as it has met its fault: the other may take longer to notice.
      const meets = async (adapter: (typeof remote)[number], id: string | undefined) => {
        await expect.poll(() => failure(id ?? ''), patience).toBeDefined()
        expect(await since(before[adapter], adapter)).toEqual(once)
        proxies[adapter].meet(undefined)
      }
      await Promise.all(remote.map((adapter, index) => meets(adapter, ids[index])))
      await deployment.until(ids, 'completed')
      for (const adapter of remote) expect(await since(before[adapter], adapter)).toEqual(once)
    }

    async function failure(id: string): Promise<string | undefined> {
      const { steps } = await deployment.read(id)
      return steps.find((step) => step.id === 'start-billing')?.error?.code
    }
  })
})

test('likewise when its worker is killed after the call', async () => {
  await onStage(async (stage) => {
    const { deployment } = stage
    const adapters = [...remote, 'ledger'] as const
    const before = await Promise.all(adapters.map(atProvider))
    await deployment.workerAndApi.start()
    deployment.gates.holdEveryone('after start-billing')
    const ids = await Promise.all(adapters.map((adapter) => accept(stage, adapter)))
    await expect.poll(() => deployment.gates.held().sort(), patience).toEqual([...ids].sort())
    await deployment.workerAndApi.kill()
    deployment.gates.open()
    await deployment.workerAndApi.start()
    await deployment.until(ids, 'completed')
    for (const [index, adapter] of adapters.entries())
      expect({ adapter, ...(await since(before[index], adapter)) }).toEqual({ adapter, ...once })
  })
})

const once = { asked: 1, made: 1 }

async function since(before: { asked: number; made: number } | undefined, adapter: Adapter) {
  const now = await atProvider(adapter)
  return { asked: now.asked - (before?.asked ?? 0), made: now.made - (before?.made ?? 0) }
}
