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
 * A billing adapter for any provider that answers our protocol: one signed POST for each call. See `docs/billing-http.md`.
 *
 * @example
 * http({ url: 'https://billing.example.com/tenantry', secret: 'whsec_…' })
 */
export function http(settings: HttpSettings): Plugin {
  return definePlugin({ name: 'http', billing: [adapterFor(settings)] })
}

/** Empty without `BILLING_HTTP_URL`. @throws Error, one line, naming the variable that has a bad value. */
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
      await provider.call({ operation: 'check', key: `check:${randomUUID()}`, data: {}, signal })
    },
    preview: (plan) => ({ summary: describe(plan), details: { ...plan } }),
    ensureCustomer: (call, customer) =>
      provider.call({ operation: 'ensureCustomer', ...payload(call, customer) }),
    async updateCustomer(call, customer) {
      await provider.call({ operation: 'updateCustomer', ...payload(call, customer) })
    },
    ensureSubscription: (call, subscription) =>
      provider.call({ operation: 'ensureSubscription', ...payload(call, subscription) }),
    changePlan: (call, change) => provider.call({ operation: 'changePlan', ...payload(call, change) }),
    reportUsage: (call, report) => provider.call({ operation: 'reportUsage', ...payload(call, report) }),
    async readUsage(call, report) {
      const answer = await provider.read({ operation: 'readUsage', ...payload(call, report) })
      return answer?.usage
    },
    creditInvoice: (call, credit) => provider.call({ operation: 'creditInvoice', ...payload(call, credit) }),
    async cancel(call, subscription) {
      await provider.call({ operation: 'cancel', ...payload(call, { subscription }) })
    },
    listSubscriptions: (call, wanted) =>
      provider.callIfOffered({ operation: 'listSubscriptions', ...payload(call, wanted) }),
    find: (call) => provider.read({ operation: 'find', ...payload(call, {}) }),
    parseWebhook: (request) => readWebhook(settings.secret, request),
  }
}

function payload({ idempotencyKey, signal }: BillingCall, data: object) {
  return { key: idempotencyKey, data, signal }
}

function describe(plan: BillingPlan): string {
  if (plan.kind === 'trial')
    return `Start a trial of ${plan.licenses} licenses for ${plan.trialDays} days at the billing provider.`
  const limit = plan.licenses === undefined ? 'without an upper limit' : `up to ${plan.licenses}`
  return `Subscribe at the billing provider to monthly billing for licenses used, ${limit}.`
}
