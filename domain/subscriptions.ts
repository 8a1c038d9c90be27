import { sql, type Transaction } from 'kysely'
import type { Database } from './database/tables.ts'
import { newId } from './ids.ts'

export interface NewSubscription {
  organizationId: string
  kind: 'trial' | 'purchased'
  billingAdapter: string
  customerExternalId: string
  subscriptionExternalId: string
  /** Null: without an upper limit. */
  licenses: number | null
  /** Only for a trial. */
  trialEndsAt: Date | null
}

/** Notes which provider bills an account, from now on. One account has one subscription: a second insert changes nothing. */
export async function insertSubscription(
  transaction: Transaction<Database>,
  subscription: NewSubscription,
): Promise<void> {
  await sql`
    with subscribed as (
      insert into subscriptions (id, organization_id, kind, status, billing_adapter, external_customer_id,
        external_subscription_id, trial_ends_at)
      values (${newId('sub')}, ${subscription.organizationId}, ${subscription.kind}, 'active',
        ${subscription.billingAdapter}, ${subscription.customerExternalId}, ${subscription.subscriptionExternalId},
        ${subscription.trialEndsAt})
      on conflict (organization_id) do nothing
      returning *
    )
    insert into plan_periods (id, organization_id, kind, licenses, trial_ends_at, billing_adapter, external_customer_id,
      external_subscription_id)
    select ${newId('per')}, organization_id, kind, ${subscription.licenses}::integer, trial_ends_at, billing_adapter,
      external_customer_id, external_subscription_id
    from subscribed
  `.execute(transaction)
}

/** Takes back what `insertSubscription` noted, as if the account had never been billed. */
export async function deleteSubscription(
  transaction: Transaction<Database>,
  organizationId: string,
): Promise<void> {
  await transaction.deleteFrom('plan_periods').where('organization_id', '=', organizationId).execute()
  await transaction.deleteFrom('subscriptions').where('organization_id', '=', organizationId).execute()
}
