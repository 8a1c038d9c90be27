import type { Transaction } from 'kysely'
import type { Database } from './database/tables.ts'
import { newId } from './ids.ts'

export interface NewSubscription {
  organizationId: string
  kind: 'trial' | 'purchased'
  billingAdapter: string
  customerExternalId: string
  subscriptionExternalId: string
  /** Only for a trial. */
  trialEndsAt: Date | null
}

/** Notes which provider bills an account. One account has one subscription: a second insert changes nothing. */
export async function insertSubscription(
  transaction: Transaction<Database>,
  subscription: NewSubscription,
): Promise<void> {
  await transaction
    .insertInto('subscriptions')
    .values({
      id: newId('sub'),
      organization_id: subscription.organizationId,
      kind: subscription.kind,
      status: 'active',
      billing_adapter: subscription.billingAdapter,
      external_customer_id: subscription.customerExternalId,
      external_subscription_id: subscription.subscriptionExternalId,
      trial_ends_at: subscription.trialEndsAt,
    })
    .onConflict((conflict) => conflict.column('organization_id').doNothing())
    .execute()
}

export async function deleteSubscription(
  transaction: Transaction<Database>,
  organizationId: string,
): Promise<void> {
  await transaction.deleteFrom('subscriptions').where('organization_id', '=', organizationId).execute()
}
