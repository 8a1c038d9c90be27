import { type BillingAdapter, type BillingPlan, definePlugin, type Plugin } from '../plugin-contract.ts'
import type { Prices } from './catalogue.ts'
import { connectStripe } from './client.ts'
import { creditInvoice } from './credit-notes.ts'
import { ensureCustomer } from './customers.ts'
import { findByKey } from './find.ts'
import { listSubscriptions } from './stripe-listing.ts'
import { cancelSubscription, changePlan, ensureSubscription } from './stripe-subscriptions.ts'
import { readUsage, reportUsage } from './stripe-usage.ts'
import { webhookReader } from './stripe-webhooks.ts'

export interface StripeSettings {
  /** `sk_…`, or a restricted key that may write Billing, customers, products and invoices. */
  secretKey: string
  prices: Prices
  /** An origin other than Stripe's own, such as that of a mock. */
  apiBase?: string | undefined
  /** `whsec_…` of the webhook endpoint at Stripe. Without it no webhook is taken. */
  webhookSecret?: string | undefined
  /** Milliseconds after which a request is given up, less than the time of a step. Default 8,000. */
  patience?: number
}

/**
 * Billing by Stripe: a customer for each account, with one subscription that meters the licenses used in a month.
 * @throws Error when the settings can't be right.
 * @example
 * stripe({ secretKey: variables.STRIPE_SECRET_KEY, prices: { currency: 'USD', purchased: 500, trial: 0 } })
 */
export function stripe(settings: StripeSettings): Plugin {
  return definePlugin({ name: 'stripe', billing: [stripeAdapter(settings)] })
}

/** The plug-in, when `STRIPE_SECRET_KEY` is set. `STRIPE_API_BASE` and `STRIPE_WEBHOOK_SECRET` go with it. */
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
  const ask = connectStripe({ secretKey, apiBase, patience })
  return {
    id: 'stripe',
    capabilities: { transactional: false },
    check: (signal) => ask(signal, async (api) => void (await api.customers.list({ limit: 1 }))),
    preview: (plan) => ({ summary: describe(plan), details: { ...plan } }),
    ensureCustomer: (call, customer) => ask(call.signal, (api) => ensureCustomer(api, call, customer)),
    ensureSubscription: (call, subscription) =>
      ask(call.signal, (api) => ensureSubscription(api, call, { ...subscription, prices })),
    changePlan: (call, { subscription, to }) =>
      ask(call.signal, (api) => changePlan(api, call, { subscription, to, prices })),
    reportUsage: (call, report) => ask(call.signal, (api) => reportUsage(api, call, { ...report, prices })),
    readUsage: (call, month) => ask(call.signal, (api) => readUsage(api, month)),
    creditInvoice: (call, credit) => ask(call.signal, (api) => creditInvoice(api, call, credit)),
    cancel: (call, subscription) => ask(call.signal, (api) => cancelSubscription(api, subscription)),
    listSubscriptions: (call, wanted) => ask(call.signal, (api) => listSubscriptions(api, wanted)),
    find: (call) => ask(call.signal, (api) => findByKey(api, call.idempotencyKey)),
    ...(webhookSecret === undefined ? {} : { parseWebhook: webhookReader(webhookSecret) }),
  }
}

function describe(plan: BillingPlan): string {
  if (plan.kind === 'trial')
    return `Start a trial of ${plan.licenses} licenses for ${plan.trialDays} days at Stripe.`
  const limit = plan.licenses === undefined ? 'without an upper limit' : `up to ${plan.licenses}`
  return `Subscribe at Stripe to monthly billing for licenses used, ${limit}.`
}
