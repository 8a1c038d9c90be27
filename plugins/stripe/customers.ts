import type { Stripe } from 'stripe'
import type { BillingCall, BillingCustomer } from '../plugin-contract.ts'
import { findCustomer } from './find.ts'
import { names } from './metadata.ts'

/**
 * A customer for this key. Not one for each organization: Stripe's meters count by customer, so that one who comes back
 * while an old subscription is still to be billed must be somebody else there.
 */
export async function ensureCustomer(
  stripe: Stripe,
  { idempotencyKey }: BillingCall,
  { organizationId, name }: BillingCustomer,
): Promise<{ externalId: string }> {
  const earlier = await findCustomer(stripe, idempotencyKey)
  if (earlier !== undefined) return earlier
  const customer = await stripe.customers.create(
    { name, metadata: { [names.organization]: organizationId, [names.key]: idempotencyKey } },
    { idempotencyKey },
  )
  return { externalId: customer.id }
}
