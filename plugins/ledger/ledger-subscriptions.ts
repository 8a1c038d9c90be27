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

/** The id stays the same. @throws StepError `subscription_unknown`, `subscription_ended` or `idempotency_key_reused`. */
export async function changePlan(
  db: DatabaseConnection,
  call: BillingCall,
  request: { subscription: BillingSubscription; from: BillingPlan; to: BillingPlan },
): Promise<{ externalId: string }> {
  const { subscription, to } = request
  const record = await oncePerKey(db, call, { kind: 'plan_change', request }, async (transaction) => {
    const { cancelledAt } = await lockLedgerSubscription(transaction, subscription)
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

/** Has no effect on a subscription that has ended or does not exist. @throws StepError `idempotency_key_reused`. */
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

/** Locks a subscription until the transaction ends. @throws StepError `subscription_unknown`. */
export async function lockLedgerSubscription(
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
