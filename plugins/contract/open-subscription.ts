import type { BillingAdapter, BillingCall, BillingCustomer, BillingPlan } from './billing.ts'
import type { CallContext } from './call.ts'

/** The ids of a subscribed account at its provider. */
export interface OpenedSubscription {
  /** The id that `ensureCustomer` returned. */
  customerExternalId: string
  /** The id that `ensureSubscription` returned. */
  subscriptionExternalId: string
}

/**
 * Returns a context with its own key: that of `context`, followed by `:{name}`. A step with several calls needs a key for each,
 * because the same key means the same call.
 *
 * @example
 * ```ts
 * import { type BillingAdapter, type BillingCustomer, keyed, type StepContext } from 'tenantry'
 *
 * export function addCustomer(adapter: BillingAdapter, context: StepContext, customer: BillingCustomer) {
 *   return adapter.ensureCustomer(keyed(context, 'customer'), customer)
 * }
 * ```
 */
export function keyed<Context extends CallContext>(context: Context, name: string): Context {
  return { ...context, idempotencyKey: `${context.idempotencyKey}:${name}` }
}

/**
 * Creates a customer for an account and subscribes it. These are two calls: their keys are that of `call`, followed by
 * `:customer` and `:subscription`. A repeat with the same key has no second effect.
 * @throws StepError of the adapter. Ask `findOpenedSubscription` what happened when the outcome is unknown.
 */
export async function openSubscription(
  adapter: BillingAdapter,
  call: BillingCall,
  { plan, ...customer }: BillingCustomer & { plan: BillingPlan },
): Promise<OpenedSubscription> {
  const { externalId: customerExternalId } = await adapter.ensureCustomer(keyed(call, 'customer'), customer)
  const { externalId: subscriptionExternalId } = await adapter.ensureSubscription(
    keyed(call, 'subscription'),
    {
      customerExternalId,
      organizationId: customer.organizationId,
      plan,
    },
  )
  return { customerExternalId, subscriptionExternalId }
}

/**
 * Asks a provider what an earlier `openSubscription` under the same key did. It has no effect.
 * @returns undefined when neither call, or only the first, arrived: opening again is safe, because each call is idempotent by
 * its key.
 * @throws StepError of the adapter.
 */
export async function findOpenedSubscription(
  adapter: BillingAdapter,
  call: BillingCall,
): Promise<OpenedSubscription | undefined> {
  const customer = await adapter.find(keyed(call, 'customer'))
  const subscription = await adapter.find(keyed(call, 'subscription'))
  if (customer === undefined || subscription === undefined) return undefined
  return { customerExternalId: customer.externalId, subscriptionExternalId: subscription.externalId }
}
