import { afterAll, expect, test } from 'vitest'
import {
  type HttpFault,
  type HttpProxy,
  throughHttpProxy,
} from '../../../plugins/conformance/faults/http-proxy.ts'
import { anAccountBody } from '../../builders/account-body.ts'
import { providerSecret, startBillingProvider } from '../../plugins/http/billing-provider.ts'
import { startLocalstripe } from '../../stack/stripe/localstripe.ts'
import { createDeployment, type Deployment } from './deployment.ts'

const [stripe, provider] = await Promise.all([startLocalstripe(), startBillingProvider()])
afterAll(async () => {
  await provider.stop()
  await stripe.stop()
})

type Adapter = 'stripe' | 'http' | 'ledger'
const remote = ['stripe', 'http'] as const

/** A deployment that calls both remote providers through proxies. */
interface ProxiedDeployment {
  deployment: Deployment
  proxies: Record<(typeof remote)[number], HttpProxy>
}

async function withProxies(body: (proxied: ProxiedDeployment) => Promise<void>): Promise<void> {
  await throughHttpProxy(stripe.url, (toStripe) =>
    throughHttpProxy(provider.url, async (toProvider) => {
      const deployment = await createDeployment({
        variables: {
          STRIPE_SECRET_KEY: 'sk_test_12345',
          STRIPE_API_BASE: toStripe.url,
          BILLING_HTTP_URL: toProvider.url,
          BILLING_HTTP_SECRET: providerSecret,
          TEST_SHORT_RETRIES: 'yes',
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

async function accept({ deployment }: ProxiedDeployment, billingAdapter: Adapter): Promise<string> {
  const body = anAccountBody({ plan: { kind: 'trial', licenses: 3, billingAdapter } })
  return (await deployment.send('POST', '/v1/organizations/root/accounts', body)).body.id
}

async function addAccount(proxied: ProxiedDeployment, adapter: Adapter): Promise<void> {
  await proxied.deployment.until([await accept(proxied, adapter)], 'completed')
}

/** @returns the number of requests to a provider for one account. The last request creates the subscription. */
async function requestsFor(proxied: ProxiedDeployment, adapter: (typeof remote)[number]): Promise<number> {
  proxied.proxies[adapter].meet(undefined)
  await addAccount(proxied, adapter)
  return proxied.proxies[adapter].requests()
}

/** @returns how many subscriptions a provider was asked to create, and how many it has created, by its own records. */
async function countSubscriptions(
  { deployment }: ProxiedDeployment,
  adapter: Adapter,
): Promise<{ requested: number; created: number }> {
  if (adapter === 'stripe') {
    const subscribing = stripe.calls().filter(({ method, path }) => method === 'POST' && isSubscribing(path))
    return { requested: subscribing.length, created: stripe.effects().filter(isSubscribing).length }
  }
  if (adapter === 'http') {
    const subscribing = provider.received.filter(({ body }) => body.operation === 'ensureSubscription')
    return { requested: subscribing.length, created: provider.books.opened() }
  }
  const records = await deployment.db
    .selectFrom('ledger_records')
    .select('id')
    .where('kind', '=', 'subscription')
    .execute()
  return { requested: records.length, created: records.length }
}

const isSubscribing = (path: string) => path.endsWith('/v1/subscriptions')

test('if the answer to a new subscription is lost, the step looks the subscription up and creates no second one', async () => {
  await withProxies(async (proxied) => {
    const { deployment, proxies } = proxied
    await deployment.workerAndApi.start()
    // The first account also creates the products and prices at Stripe, so it is not counted.
    await addAccount(proxied, 'stripe')
    const last = {
      stripe: (await requestsFor(proxied, 'stripe')) - 1,
      http: (await requestsFor(proxied, 'http')) - 1,
    }

    const kinds: Exclude<HttpFault['kind'], 'answered' | 'unheard'>[] = ['answer lost', 'answer held back']
    for (const kind of kinds) {
      const before = {
        stripe: await countSubscriptions(proxied, 'stripe'),
        http: await countSubscriptions(proxied, 'http'),
      }
      for (const adapter of remote) proxies[adapter].meet({ kind, after: last[adapter] })
      const ids = await Promise.all(remote.map((adapter) => accept(proxied, adapter)))
      // Each adapter continues as soon as its step has failed once: the other one may take longer to fail.
      const failsOnce = async (adapter: (typeof remote)[number], id: string | undefined) => {
        await expect.poll(() => errorCode(id ?? ''), patience).toBeDefined()
        expect(await since(proxied, before[adapter], adapter)).toEqual(once)
        proxies[adapter].meet(undefined)
      }
      await Promise.all(remote.map((adapter, index) => failsOnce(adapter, ids[index])))
      await deployment.until(ids, 'completed')
      for (const adapter of remote) expect(await since(proxied, before[adapter], adapter)).toEqual(once)
    }

    async function errorCode(id: string): Promise<string | undefined> {
      const { steps } = await deployment.read(id)
      return steps.find((step) => step.id === 'start-billing')?.error?.code
    }
  })
})

test('if the worker is killed after it created a subscription, no second one is created', async () => {
  await withProxies(async (proxied) => {
    const { deployment } = proxied
    const adapters = [...remote, 'ledger'] as const
    const before = await Promise.all(adapters.map((adapter) => countSubscriptions(proxied, adapter)))
    await deployment.workerAndApi.start()
    deployment.gates.holdAll('after start-billing')
    const ids = await Promise.all(adapters.map((adapter) => accept(proxied, adapter)))
    await expect.poll(() => deployment.gates.held().sort(), patience).toEqual([...ids].sort())
    await deployment.workerAndApi.kill()
    deployment.gates.open()
    await deployment.workerAndApi.start()
    await deployment.until(ids, 'completed')
    for (const [index, adapter] of adapters.entries())
      expect({ adapter, ...(await since(proxied, before[index], adapter)) }).toEqual({ adapter, ...once })
  })
})

const once = { requested: 1, created: 1 }

async function since(
  proxied: ProxiedDeployment,
  before: { requested: number; created: number } | undefined,
  adapter: Adapter,
) {
  const now = await countSubscriptions(proxied, adapter)
  return {
    requested: now.requested - (before?.requested ?? 0),
    created: now.created - (before?.created ?? 0),
  }
}
