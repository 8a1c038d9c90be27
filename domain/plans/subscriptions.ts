import { sql, type Transaction } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { SubscriptionStatus } from '../database/tables/plan-tables.ts'
import type { Database } from '../database/tables.ts'
import { newId } from '../ids.ts'
import type { SubscriptionTerms } from '../runs/run-requests.ts'

/** An account's subscription as it is now. */
export interface Subscription {
  status: SubscriptionStatus
  terms: SubscriptionTerms
}

/** Whether its provider bills it now; what is suspended or cancelled has ended there. */
export function isBilled({ status }: Subscription): boolean {
  return status === 'active' || status === 'expired'
}

/** Notes which provider bills an account, from now on. One account has one subscription: a second insert changes nothing. */
export async function insertSubscription(
  transaction: Transaction<Database>,
  organizationId: string,
  terms: SubscriptionTerms,
): Promise<void> {
  // Told by webhook as plan.started: see database/schema/webhook-events.sql.
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

/** Takes back what `insertSubscription` noted, as if the account had never been billed. */
export async function deleteSubscription(
  transaction: Transaction<Database>,
  organizationId: string,
): Promise<void> {
  // Told by webhook as plan.ended: see database/schema/webhook-events.sql.
  await transaction.deleteFrom('plan_periods').where('organization_id', '=', organizationId).execute()
  await transaction.deleteFrom('subscriptions').where('organization_id', '=', organizationId).execute()
}

export async function findSubscription(
  db: DatabaseConnection,
  organizationId: string,
): Promise<Subscription | undefined> {
  const row = await subscriptionsOf(db, organizationId).executeTakeFirst()
  return row === undefined ? undefined : toSubscription(row)
}

/** As `findSubscription`, and nobody else changes it until the transaction ends. */
export async function lockSubscription(
  transaction: Transaction<Database>,
  organizationId: string,
): Promise<Subscription | undefined> {
  const row = await subscriptionsOf(transaction, organizationId).forUpdate('subscriptions').executeTakeFirst()
  return row === undefined ? undefined : toSubscription(row)
}

/** Puts an account on other terms from now on: ends the plan period that is open, and opens the next. */
export async function replaceTerms(
  transaction: Transaction<Database>,
  organizationId: string,
  { terms, status }: Subscription,
): Promise<void> {
  // Told by webhook as plan.changed: see database/schema/webhook-events.sql.
  await endPlanPeriod(transaction, organizationId)
  await transaction
    .updateTable('subscriptions')
    .set({
      kind: terms.kind,
      status,
      billing_adapter: terms.billingAdapter,
      external_customer_id: terms.customerExternalId,
      external_subscription_id: terms.subscriptionExternalId,
      trial_ends_at: dateOrNull(terms.trialEndsAt),
      updated_at: sql<Date>`now()`,
    })
    .where('organization_id', '=', organizationId)
    .execute()
  await transaction
    .insertInto('plan_periods')
    .values({
      id: newId('per'),
      organization_id: organizationId,
      kind: terms.kind,
      licenses: terms.licenses,
      trial_ends_at: dateOrNull(terms.trialEndsAt),
      billing_adapter: terms.billingAdapter,
      external_customer_id: terms.customerExternalId,
      external_subscription_id: terms.subscriptionExternalId,
    })
    .execute()
}

/** Sets a status under which nothing is billed any more: what is used after this moment belongs to no plan. */
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
  // Told by webhook as plan.expired, where it becomes that: see database/schema/webhook-events.sql.
  await transaction
    .updateTable('subscriptions')
    .set({ status, updated_at: sql<Date>`now()` })
    .where('organization_id', '=', organizationId)
    .execute()
}

/** What is used after this moment belongs to no plan, until another period begins. */
export async function endPlanPeriod(
  transaction: Transaction<Database>,
  organizationId: string,
): Promise<void> {
  // Told by webhook as plan.ended, unless another period begins: see database/schema/webhook-events.sql.
  await transaction
    .updateTable('plan_periods')
    .set({ ends_at: sql<Date>`now()` })
    .where('organization_id', '=', organizationId)
    .where('ends_at', 'is', null)
    .execute()
}

function subscriptionsOf(db: DatabaseConnection, organizationId: string) {
  return db
    .selectFrom('subscriptions')
    .leftJoin('license_pools as pool', 'pool.organization_id', 'subscriptions.organization_id')
    .select([
      'kind',
      'status',
      'allocated as licenses',
      'billing_adapter as billingAdapter',
      'external_customer_id as customerExternalId',
      'external_subscription_id as subscriptionExternalId',
      'trial_ends_at as trialEndsAt',
    ])
    .where('subscriptions.organization_id', '=', organizationId)
}

type Row = NonNullable<Awaited<ReturnType<ReturnType<typeof subscriptionsOf>['executeTakeFirst']>>>

function toSubscription({ status, ...row }: Row): Subscription {
  return {
    status,
    terms: { ...row, trialEndsAt: row.trialEndsAt?.toISOString() ?? null },
  }
}

function dateOrNull(time: string | null): Date | null {
  return time === null ? null : new Date(time)
}
