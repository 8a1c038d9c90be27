import { sql, type Transaction } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Database } from '../database/tables.ts'

export interface DueTrial {
  kind: 'remind-trial' | 'expire-trial'
  organizationId: string
  trialEndsAt: Date
}

/**
 * The trials that have ended or end within `reminderDays`. A trial is no longer due when its operation is accepted, so a
 * second call returns the next ones.
 * @param options `now` is the time to compare with. `limit` is the largest number of trials.
 */
export async function findDueTrials(
  db: DatabaseConnection,
  options: { now: Date; reminderDays: number; limit: number },
): Promise<DueTrial[]> {
  const { rows } = await sql<DueTrial>`
    with due as (
      select organization_id as "organizationId", trial_ends_at as "trialEndsAt",
        case when trial_ends_at <= ${options.now} then 'expire-trial' else 'remind-trial' end as kind
      from subscriptions
      where kind = 'trial' and status = 'active'
        and trial_ends_at <= ${options.now}::timestamptz + make_interval(days => ${options.reminderDays})
        and (trial_ends_at <= ${options.now} or trial_reminded_at is null)
    )
    select * from due
    where not exists (
      select from runs as run
      where run.parent_id = due."organizationId" and run.kind = due.kind and run.api_key_id is null
        and run.status not in ('cancelled', 'failed')
        and run.idempotency_key = to_char(due."trialEndsAt" at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
    order by "organizationId" limit ${options.limit}
  `.execute(db)
  return rows
}

/**
 * The recipient of a reminder: the first active user of the account.
 * @returns undefined when the account has no such user, or its trial has ended, was converted or has another end.
 */
export async function findTrialContact(
  db: DatabaseConnection,
  organizationId: string,
  trialEndsAt: Date,
): Promise<{ name: string; email: string; organizationName: string } | undefined> {
  return db
    .selectFrom('subscriptions')
    .innerJoin('organizations', 'organizations.id', 'subscriptions.organization_id')
    .innerJoin('users', 'users.organization_id', 'organizations.id')
    .select(['users.full_name as name', 'users.email', 'organizations.name as organizationName'])
    .where('organizations.id', '=', organizationId)
    .where('subscriptions.kind', '=', 'trial')
    .where('subscriptions.status', '=', 'active')
    .where('subscriptions.trial_ends_at', '=', trialEndsAt)
    .where('users.email', 'is not', null)
    .$narrowType<{ email: string }>()
    .orderBy('users.id')
    .executeTakeFirst()
}

export async function markReminded(
  transaction: Transaction<Database>,
  organizationId: string,
): Promise<void> {
  // Sends the webhook event plan.trial_ending: see database/schema/webhook-events.sql.
  await transaction
    .updateTable('subscriptions')
    .set({ trial_reminded_at: sql<Date>`now()` })
    .where('organization_id', '=', organizationId)
    .execute()
}
