import { sql, type Transaction } from 'kysely'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { Database } from '../../domain/database/tables.ts'
import {
  type BillingCall,
  type BillingPlan,
  type BillingSubscription,
  stepError,
} from '../plugin-contract.ts'
import { externalIdOf, oncePerKey } from './records.ts'
import { subscriptionEnded, subscriptionUnknown } from './errors.ts'

/** Puts a subscription on another plan, and keeps the change. Its id stays. */
export async function changePlan(
  db: DatabaseConnection,
  call: BillingCall,
  request: { subscription: BillingSubscription; from: BillingPlan; to: BillingPlan },
): Promise<{ externalId: string }> {
  const { subscription, to } = request
  const record = await oncePerKey(db, call, { kind: 'plan_change', request }, async (transaction) => {
    const { cancelledAt } = await lockSubscription(transaction, subscription)
    if (cancelledAt !== null) throw stepError(subscriptionEnded)
    await transaction
      .updateTable('ledger_records')
      .set({ plan: JSON.stringify(to) })
      .where('id', '=', subscription.externalId)
      .execute()
    return {
      kind: 'plan_change',
      organization_id: subscription.organizationId,
      subscription_id: subscription.externalId,
      plan: JSON.stringify(to),
    }
  })
  return { externalId: externalIdOf(record) }
}

/** Ends a subscription; the record stays. Ending one that has ended, or that never began, is harmless. */
export async function cancel(
  db: DatabaseConnection,
  call: BillingCall,
  subscription: BillingSubscription,
): Promise<void> {
  await oncePerKey(db, call, { kind: 'cancellation', request: subscription }, async (transaction) => {
    await transaction
      .updateTable('ledger_records')
      .set({ cancelled_at: sql<Date>`coalesce(cancelled_at, now())` })
      .where('id', '=', subscription.externalId)
      .where('kind', '=', 'subscription')
      .where('organization_id', '=', subscription.organizationId)
      .execute()
    return {
      kind: 'cancellation',
      organization_id: subscription.organizationId,
      subscription_id: subscription.externalId,
    }
  })
}

/**
 * Keeps others from working on the subscription until the transaction ends.
 * @throws StepError `subscription_unknown`.
 */
export async function lockSubscription(
  transaction: Transaction<Database>,
  { externalId, organizationId }: BillingSubscription,
): Promise<{ cancelledAt: Date | null }> {
  const subscription = await transaction
    .selectFrom('ledger_records')
    .select('cancelled_at as cancelledAt')
    .where('id', '=', externalId)
    .where('kind', '=', 'subscription')
    .where('organization_id', '=', organizationId)
    .forUpdate()
    .executeTakeFirst()
  if (subscription === undefined) throw stepError(subscriptionUnknown)
  return subscription
}
