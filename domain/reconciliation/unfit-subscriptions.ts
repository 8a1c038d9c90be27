import { type RawBuilder, sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Sighting } from './findings.ts'
import { hasOpenRun, isOlder } from './row-range.ts'

export const providerFindingKinds = ['subscription_unknown_here', 'subscription_still_open'] as const
export const subscriptionFindingKinds = [
  'subscription_missing_at_provider',
  'subscription_ended_at_provider',
] as const

/** A subscription that a provider bills now. Its metadata at the provider carries our ids. */
export interface OpenAtProvider {
  externalId: string
  customerExternalId: string
  organizationId: string
}

export function subjectOf(billingAdapter: string, externalId: string): string {
  return `${billingAdapter}/${externalId}`
}

/**
 * Finds subscriptions that the provider bills and that are not the current subscription of an account. It ignores accounts
 * with an open run.
 * @param open the subscriptions that the provider bills.
 */
export async function findUnexpectedAtProvider(
  db: DatabaseConnection,
  billingAdapter: string,
  open: readonly OpenAtProvider[],
): Promise<Sighting[]> {
  const { rows } = await sql<OpenAtProvider & { hasEnded: boolean }>`
    select theirs.*, (
        exists (select from plan_periods as ended where ${isAt(sql`ended`, billingAdapter)})
        or exists (select from subscriptions as ours where ours.organization_id = theirs."organizationId"
          and ${isAt(sql`ours`, billingAdapter)})
      ) as "hasEnded"
    from jsonb_to_recordset(${JSON.stringify(open)}::jsonb)
      as theirs ("externalId" text, "customerExternalId" text, "organizationId" text)
    where not exists (
        select from plan_periods as period where ${isAt(sql`period`, billingAdapter)} and period.ends_at is null)
      and not ${hasOpenRun(sql`theirs."organizationId"`)}
  `.execute(db)
  return rows.map(({ externalId, customerExternalId, organizationId, hasEnded }) => ({
    kind: hasEnded ? 'subscription_still_open' : 'subscription_unknown_here',
    subject: subjectOf(billingAdapter, externalId),
    organizationId,
    billingAdapter,
    details: { customerExternalId, subscriptionExternalId: externalId },
  }))
}

function isAt(table: RawBuilder<unknown>, billingAdapter: string): RawBuilder<boolean> {
  return sql`${table}.external_subscription_id = theirs."externalId" and ${table}.billing_adapter = ${billingAdapter}`
}

export interface BilledNow extends OpenAtProvider {
  billingAdapter: string
}

/**
 * The accounts of a billing adapter without an open run, in pages ordered by the id of the account.
 * @param page `grace` is the age of the plan period, in milliseconds, under which an account is left out.
 */
export async function listBilledNow(
  db: DatabaseConnection,
  billingAdapter: string,
  page: { after: string; limit: number; grace: number },
): Promise<BilledNow[]> {
  const { rows } = await sql<BilledNow>`
    ${billedNow} where billing_adapter = ${billingAdapter} and organization_id > ${page.after}
      and ends_at is null and ${isOlder(sql`starts_at`, page.grace)} and not ${hasOpenRun(sql`plan_periods.organization_id`)}
    order by organization_id limit ${page.limit}
  `.execute(db)
  return rows
}

/** The current subscription of one account; undefined while the account has an open run. */
export async function findBilledNow(
  db: DatabaseConnection,
  organizationId: string,
): Promise<BilledNow | undefined> {
  const { rows } = await sql<BilledNow>`
    ${billedNow} where organization_id = ${organizationId} and ends_at is null
      and not ${hasOpenRun(sql`plan_periods.organization_id`)}
  `.execute(db)
  return rows[0]
}

/** The ids of the billing adapters that bill accounts now, also those that no plug-in brings. */
export async function listAdaptersInUse(db: DatabaseConnection): Promise<string[]> {
  const rows = await db
    .selectFrom('plan_periods')
    .select('billing_adapter as id')
    .distinct()
    .where('ends_at', 'is', null)
    .orderBy('id')
    .execute()
  return rows.map(({ id }) => id)
}

const billedNow = sql`
  select organization_id as "organizationId", billing_adapter as "billingAdapter",
    external_customer_id as "customerExternalId", external_subscription_id as "externalId"
  from plan_periods`
