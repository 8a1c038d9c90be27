import { randomUUID } from 'node:crypto'
import type {
  BillingAdapter,
  BillingCall,
  BillingPlan,
  BillingSubscription,
} from '../../plugins/plugin-contract.ts'
import { stripe, type StripeSettings } from '../../plugins/stripe/plugin.ts'

export const prices = { currency: 'USD', purchased: 500, trial: 0 }
export const trial: BillingPlan = { kind: 'trial', licenses: 5, trialDays: 30 }
export const purchased: BillingPlan = { kind: 'purchased', licenses: 20 }

/** Makes the Stripe adapter of a deployment. @param apiBase the address of the fake Stripe. */
export function stripeAt(apiBase: string, settings: Partial<StripeSettings> = {}): BillingAdapter {
  const [adapter] = stripe({ secretKey: 'sk_test_12345', apiBase, prices, ...settings }).billing ?? []
  if (adapter === undefined) throw new Error('The plug-in brings no adapter')
  return adapter
}

/** Makes a call. The default idempotency key is unique. */
export function aCall(idempotencyKey = `opr_${randomUUID()}:step:1`): BillingCall {
  return { idempotencyKey, signal: new AbortController().signal }
}

/** Creates a customer and a subscription at Stripe. The default plan is purchased. */
export async function aSubscription(
  adapter: BillingAdapter,
  plan: BillingPlan = purchased,
): Promise<BillingSubscription> {
  const organizationId = `org_${randomUUID()}`
  const customer = await adapter.ensureCustomer(aCall(), { organizationId, name: 'Contoso' })
  const customerExternalId = customer.externalId
  const { externalId } = await adapter.ensureSubscription(aCall(), {
    organizationId,
    customerExternalId,
    plan,
  })
  return { organizationId, customerExternalId, externalId }
}
