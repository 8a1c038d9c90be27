import { sql, type Transaction } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Database } from '../database/tables.ts'
import type { SubscriptionTerms } from '../runs/run-requests.ts'
import {
  endPlanPeriod,
  findSubscription,
  insertSubscription,
  replaceTerms,
  setSubscriptionStatus,
} from './subscriptions.ts'
import { statusUnder } from './trials.ts'

/** The last terms of an account: those of its newest plan period, otherwise those that its onboarding started. */
export async function findLastTerms(
  db: DatabaseConnection,
  organizationId: string,
): Promise<SubscriptionTerms | undefined> {
  const { rows } = await sql<SubscriptionTerms>`
    select kind, licenses, to_char(trial_ends_at at time zone 'UTC', ${isoFormat}) as "trialEndsAt",
      billing_adapter as "billingAdapter", external_customer_id as "customerExternalId",
      external_subscription_id as "subscriptionExternalId"
    from (
      select 1 as preference, starts_at, kind, licenses, trial_ends_at, billing_adapter, external_customer_id,
        external_subscription_id
      from plan_periods where organization_id = ${organizationId}
      union all
      select 2, run.accepted_at, run.request #>> '{plan,kind}', (run.request #>> '{plan,licenses}')::integer,
        (step.output ->> 'trialEndsAt')::timestamptz, run.request #>> '{plan,billingAdapter}',
        step.output ->> 'customerExternalId', step.output ->> 'subscriptionExternalId'
      from runs as run join step_runs as step on step.run_id = run.id
      where run.organization_id = ${organizationId} and run.kind = 'add-account' and run.status = 'completed'
        and step.step_id = 'start-billing' and step.status = 'done'
    ) as known
    order by preference, starts_at desc limit 1
  `.execute(db)
  return rows[0]
}

const isoFormat = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'

/** Makes a subscription the current one of an account. It replaces the subscription that the account has, if any. */
export async function importSubscription(
  transaction: Transaction<Database>,
  organizationId: string,
  terms: SubscriptionTerms,
): Promise<void> {
  const status = statusUnder(terms, new Date())
  if ((await findSubscription(transaction, organizationId)) !== undefined) {
    await replaceTerms(transaction, organizationId, { terms, status })
    return
  }
  await endPlanPeriod(transaction, organizationId)
  await insertSubscription(transaction, organizationId, terms)
  await setSubscriptionStatus(transaction, organizationId, status)
}
