import type { Stripe } from 'stripe'
import type { BillingCall, BillingCustomer } from '../plugin-contract.ts'
import { findCustomer } from './find.ts'
import { names } from './metadata.ts'

/**
 * Returns the customer for this idempotency key, and creates it if needed. An organization can have several customers: Stripe
 * meters usage by customer, so a new subscription must not share the customer of an older one that has usage to bill.
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

/** Changes the name of a customer. Invoices that Stripe has finalized keep the old one. */
export async function updateCustomer(
  stripe: Stripe,
  { idempotencyKey }: BillingCall,
  { customerExternalId, name }: BillingCustomer & { customerExternalId: string },
): Promise<void> {
  await stripe.customers.update(customerExternalId, { name }, { idempotencyKey })
}
