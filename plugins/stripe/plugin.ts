import { type BillingAdapter, type BillingPlan, definePlugin, type Plugin } from '../plugin-contract.ts'
import type { Prices } from './catalogue.ts'
import { connectStripe } from './client.ts'
import { creditInvoice } from './credit-notes.ts'
import { ensureCustomer, updateCustomer } from './customers.ts'
import { findByKey } from './find.ts'
import { listSubscriptions } from './stripe-listing.ts'
import { cancelSubscription, changePlan, ensureSubscription } from './stripe-subscriptions.ts'
import { readUsage, reportUsage } from './stripe-usage.ts'
import { webhookReader } from './stripe-webhooks.ts'

export interface StripeSettings {
  /** The secret key `sk_…`, or a restricted key that can write Billing, customers, products and invoices. */
  secretKey: string
  prices: Prices
  /** The origin of the API, such as that of a mock. Default: Stripe's own. */
  apiBase?: string | undefined
  /** The signing secret `whsec_…` of the webhook endpoint at Stripe. Default: the plug-in accepts no webhooks. */
  webhookSecret?: string | undefined
  /** The milliseconds for one request. Set it below the timeout of a step. Default: 8,000. */
  patience?: number
}

/**
 * A billing adapter for Stripe. Each account has a customer with one subscription, which carries the plan and charges nothing. Each
 * report of usage is one invoice.
 * @throws Error when `apiBase` is not an origin.
 *
 * @example
 * stripe({ secretKey: variables.STRIPE_SECRET_KEY, prices: { currency: 'USD', purchased: 500, trial: 0 } })
 */
export function stripe(settings: StripeSettings): Plugin {
  return definePlugin({ name: 'stripe', billing: [stripeAdapter(settings)] })
}

/** Empty without `STRIPE_SECRET_KEY`. `STRIPE_API_BASE` and `STRIPE_WEBHOOK_SECRET` are optional. */
export function stripeWhenConfigured(variables: Readonly<Record<string, string>>, prices: Prices): Plugin[] {
  const {
    STRIPE_SECRET_KEY: secretKey,
    STRIPE_API_BASE: apiBase,
    STRIPE_WEBHOOK_SECRET: webhookSecret,
  } = variables
  return secretKey === undefined ? [] : [stripe({ secretKey, prices, apiBase, webhookSecret })]
}

function stripeAdapter(settings: StripeSettings): BillingAdapter {
  const { secretKey, prices, apiBase, webhookSecret, patience = 8_000 } = settings
  const callStripe = connectStripe({ secretKey, apiBase, patience })
  return {
    id: 'stripe',
    capabilities: { transactional: false },
    check: (signal) => callStripe(signal, async (api) => void (await api.customers.list({ limit: 1 }))),
    preview: (plan) => ({ summary: describe(plan), details: { ...plan } }),
    ensureCustomer: (call, customer) => callStripe(call.signal, (api) => ensureCustomer(api, call, customer)),
    updateCustomer: (call, customer) => callStripe(call.signal, (api) => updateCustomer(api, call, customer)),
    ensureSubscription: (call, subscription) =>
      callStripe(call.signal, (api) =>
        ensureSubscription(api, call, { ...subscription, currency: prices.currency }),
      ),
    changePlan: (call, { subscription, to }) =>
      callStripe(call.signal, (api) => changePlan(api, call, { subscription, to })),
    reportUsage: (call, report) =>
      callStripe(call.signal, (api) => reportUsage(api, call, { ...report, prices })),
    readUsage: (call, month) => callStripe(call.signal, (api) => readUsage(api, month)),
    creditInvoice: (call, credit) => callStripe(call.signal, (api) => creditInvoice(api, call, credit)),
    cancel: (call, subscription) => callStripe(call.signal, (api) => cancelSubscription(api, subscription)),
    listSubscriptions: (call, wanted) => callStripe(call.signal, (api) => listSubscriptions(api, wanted)),
    find: (call) => callStripe(call.signal, (api) => findByKey(api, call.idempotencyKey)),
    ...(webhookSecret === undefined ? {} : { parseWebhook: webhookReader(webhookSecret) }),
  }
}

function describe(plan: BillingPlan): string {
  if (plan.kind === 'trial')
    return `Start a trial of ${plan.licenses} licenses for ${plan.trialDays} days at Stripe.`
  const limit = plan.licenses === undefined ? 'without an upper limit' : `up to ${plan.licenses}`
  return `Subscribe at Stripe to monthly billing for licenses used, ${limit}.`
}
