import type { BillingAdapter, BillingCall, BillingCustomer, BillingPlan } from './billing.ts'
import type { CallContext } from './call.ts'

/** Under which ids a provider knows an account that was subscribed. */
export interface OpenedSubscription {
  customerExternalId: string
  subscriptionExternalId: string
}

/** A step that makes several calls gives each a key of its own. */
export function keyed<Context extends CallContext>(context: Context, name: string): Context {
  return { ...context, idempotencyKey: `${context.idempotencyKey}:${name}` }
}

/** Makes an account a customer and subscribes it: two calls, each under a key made from the step's. */
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
 * What an earlier `openSubscription` under this key did.
 * @returns undefined when nothing, or only half of it arrived: doing it again is safe, because each call is idempotent by
 * its key.
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
