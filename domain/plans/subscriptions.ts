import { type QueryCreator, sql, type Transaction } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { SubscriptionStatus } from '../database/tables/plan-tables.ts'
import type { Database } from '../database/tables.ts'
import { newId } from '../ids.ts'
import type { SubscriptionTerms } from '../runs/run-requests.ts'

export interface Subscription {
  status: SubscriptionStatus
  terms: SubscriptionTerms
}

/** Whether the provider bills the subscription now. A suspended or cancelled subscription has ended at the provider. */
export function isBilled({ status }: Subscription): boolean {
  return status === 'active' || status === 'expired'
}

/** Stores the subscription of an account and its first plan period. When the account has a subscription, nothing changes. */
export async function insertSubscription(
  transaction: Transaction<Database>,
  organizationId: string,
  terms: SubscriptionTerms,
): Promise<void> {
  // Sends the webhook event plan.started: see database/schema/webhook-events.sql.
  await sql`
    with subscribed as (
      insert into subscriptions (id, organization_id, kind, status, billing_adapter, external_customer_id,
        external_subscription_id, trial_ends_at)
      values (${newId('sub')}, ${organizationId}, ${terms.kind}, 'active', ${terms.billingAdapter},
        ${terms.customerExternalId}, ${terms.subscriptionExternalId}, ${terms.trialEndsAt}::timestamptz)
      on conflict (organization_id) do nothing
      returning *
    )
    insert into plan_periods (id, organization_id, kind, licenses, trial_ends_at, billing_adapter, external_customer_id,
      external_subscription_id)
    select ${newId('per')}, organization_id, kind, ${terms.licenses}::integer, trial_ends_at, billing_adapter,
      external_customer_id, external_subscription_id
    from subscribed
  `.execute(transaction)
}

/** Deletes the subscription of an account. Its plan periods stay, ended, if a device used a license in them. */
export async function deleteSubscription(
  transaction: Transaction<Database>,
  organizationId: string,
): Promise<void> {
  // Sends the webhook event plan.ended: see database/schema/webhook-events.sql.
  await endPlanPeriod(transaction, organizationId)
  await sql`
    delete from plan_periods where organization_id = ${organizationId}
      and not exists (select from license_assignments where pool_organization_id = ${organizationId})
  `.execute(transaction)
  await transaction.deleteFrom('subscriptions').where('organization_id', '=', organizationId).execute()
}

/** Reads how an account is billed now. @returns undefined when the account has no subscription. */
export async function findSubscription(
  db: DatabaseConnection,
  organizationId: string,
): Promise<Subscription | undefined> {
  const row = await subscriptionsOf(db, organizationId).executeTakeFirst()
  return row === undefined ? undefined : toSubscription(row)
}

/** `findSubscription` with a lock on the subscription until the transaction ends. */
export async function lockSubscription(
  transaction: Transaction<Database>,
  organizationId: string,
): Promise<Subscription | undefined> {
  const row = await subscriptionsOf(transaction, organizationId).forUpdate('subscriptions').executeTakeFirst()
  return row === undefined ? undefined : toSubscription(row)
}

/** Changes the terms and status of a subscription now: ends the open plan period and opens the next one at the same moment. */
export async function replaceTerms(
  transaction: Transaction<Database>,
  organizationId: string,
  { terms, status }: Subscription,
): Promise<void> {
  const columns = {
    kind: terms.kind,
    billing_adapter: terms.billingAdapter,
    external_customer_id: terms.customerExternalId,
    external_subscription_id: terms.subscriptionExternalId,
    trial_ends_at: terms.trialEndsAt === null ? null : new Date(terms.trialEndsAt),
  }
  // Sends the webhook event plan.changed: see database/schema/webhook-events.sql.
  await transaction
    .updateTable('subscriptions')
    .set({ ...columns, status, updated_at: sql<Date>`now()` })
    .where('organization_id', '=', organizationId)
    .execute()
  await transaction
    .with('ended', (ended) => periodsEnded(ended, organizationId).returning('ends_at'))
    .insertInto('plan_periods')
    .values({
      ...columns,
      id: newId('per'),
      organization_id: organizationId,
      licenses: terms.licenses,
      starts_at: sql<Date>`coalesce((select ends_at from ended), clock_timestamp())`,
    })
    .execute()
}

/** Suspends or cancels a subscription. Later usage belongs to no plan period and is not billed. */
export async function stopSubscription(
  transaction: Transaction<Database>,
  organizationId: string,
  status: 'suspended' | 'cancelled',
): Promise<void> {
  await endPlanPeriod(transaction, organizationId)
  await setSubscriptionStatus(transaction, organizationId, status)
}

export async function setSubscriptionStatus(
  transaction: Transaction<Database>,
  organizationId: string,
  status: SubscriptionStatus,
): Promise<void> {
  // Sends the webhook event plan.expired for that status: see database/schema/webhook-events.sql.
  await transaction
    .updateTable('subscriptions')
    .set({ status, updated_at: sql<Date>`now()` })
    .where('organization_id', '=', organizationId)
    .execute()
}

/** Ends the open plan period of an account. Usage belongs to no plan until another period starts. */
export async function endPlanPeriod(
  transaction: Transaction<Database>,
  organizationId: string,
): Promise<void> {
  // Sends the webhook event plan.ended, unless the transaction starts another period: see database/schema/webhook-events.sql.
  await periodsEnded(transaction, organizationId).execute()
}

/**
 * The clock's time and not that of the transaction, which may have waited for a lock while a device took a license.
 * `greatest` covers a clock that was set back.
 */
function periodsEnded(db: QueryCreator<Database>, organizationId: string) {
  return db
    .updateTable('plan_periods')
    .set({ ends_at: sql<Date>`greatest(starts_at, clock_timestamp())` })
    .where('organization_id', '=', organizationId)
    .where('ends_at', 'is', null)
}

function subscriptionsOf(db: DatabaseConnection, organizationId: string) {
  return db
    .selectFrom('subscriptions')
    .leftJoin('license_pools as pool', 'pool.organization_id', 'subscriptions.organization_id')
    .select(['kind', 'status', 'allocated as licenses', 'trial_ends_at as trialEndsAt'])
    .select(['billing_adapter as billingAdapter', 'external_customer_id as customerExternalId'])
    .select('external_subscription_id as subscriptionExternalId')
    .where('subscriptions.organization_id', '=', organizationId)
}

type Row = NonNullable<Awaited<ReturnType<ReturnType<typeof subscriptionsOf>['executeTakeFirst']>>>

function toSubscription({ status, ...row }: Row): Subscription {
  return {
    status,
    terms: { ...row, trialEndsAt: row.trialEndsAt?.toISOString() ?? null },
  }
}
