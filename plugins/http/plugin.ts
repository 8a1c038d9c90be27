import { randomUUID } from 'node:crypto'
import {
  type BillingAdapter,
  type BillingCall,
  type BillingPlan,
  definePlugin,
  type Plugin,
} from '../plugin-contract.ts'
import { createProvider } from './provider.ts'
import { type HttpSettings, readHttpSettings } from './settings.ts'
import { readWebhook } from './provider-webhook.ts'

/**
 * Bills through any provider that answers one signed POST a call; `docs/billing-http.md` has the protocol.
 *
 * @example
 * http({ url: 'https://billing.example.com/tenantry', secret: 'whsec_…' })
 */
export function http(settings: HttpSettings): Plugin {
  return definePlugin({ name: 'http', billing: [adapterFor(settings)] })
}

/**
 * The plug-in when `BILLING_HTTP_URL` is set, and nothing otherwise.
 * @throws Error, one line, naming the variable that has a bad value.
 */
export function httpWhenConfigured(variables: Readonly<Record<string, string>>): Plugin[] {
  const settings = readHttpSettings(variables)
  return settings === undefined ? [] : [http(settings)]
}

function adapterFor(settings: HttpSettings): BillingAdapter {
  const provider = createProvider(settings)
  return {
    id: 'http',
    capabilities: { transactional: false },
    async check(signal) {
      await provider.ask({ operation: 'check', key: `check:${randomUUID()}`, data: {}, signal })
    },
    preview: (plan) => ({ summary: describe(plan), details: { ...plan } }),
    ensureCustomer: (call, customer) =>
      provider.ask({ operation: 'ensureCustomer', ...sent(call, customer) }),
    ensureSubscription: (call, subscription) =>
      provider.ask({ operation: 'ensureSubscription', ...sent(call, subscription) }),
    changePlan: (call, change) => provider.ask({ operation: 'changePlan', ...sent(call, change) }),
    reportUsage: (call, report) => provider.ask({ operation: 'reportUsage', ...sent(call, report) }),
    async readUsage(call, report) {
      const answer = await provider.askAbout({ operation: 'readUsage', ...sent(call, report) })
      return answer?.usage
    },
    creditInvoice: (call, credit) => provider.ask({ operation: 'creditInvoice', ...sent(call, credit) }),
    async cancel(call, subscription) {
      await provider.ask({ operation: 'cancel', ...sent(call, { subscription }) })
    },
    listSubscriptions: (call, wanted) =>
      provider.askIfOffered({ operation: 'listSubscriptions', ...sent(call, wanted) }),
    find: (call) => provider.askAbout({ operation: 'find', ...sent(call, {}) }),
    parseWebhook: (request) => readWebhook(settings.secret, request),
  }
}

function sent({ idempotencyKey, signal }: BillingCall, data: object) {
  return { key: idempotencyKey, data, signal }
}

function describe(plan: BillingPlan): string {
  if (plan.kind === 'trial')
    return `Start a trial of ${plan.licenses} licenses for ${plan.trialDays} days at the billing provider.`
  const limit = plan.licenses === undefined ? 'without an upper limit' : `up to ${plan.licenses}`
  return `Subscribe at the billing provider to monthly billing for licenses used, ${limit}.`
}
