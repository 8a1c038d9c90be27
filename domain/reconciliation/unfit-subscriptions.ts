import { type RawBuilder, sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Sighting } from './findings.ts'
import { hasOpenRun, isOlder } from './stretch.ts'

/** What can be seen in what a provider has. */
export const kindsAtProvider = ['subscription_unknown_here', 'subscription_still_open'] as const
/** What can be seen in what we have, by asking the provider for each. */
export const kindsHere = ['subscription_missing_at_provider', 'subscription_ended_at_provider'] as const

/** A subscription that a provider bills now, by the marks that we left on it. */
export interface OpenAtProvider {
  externalId: string
  customerExternalId: string
  organizationId: string
}

/** How a subscription at a provider is named as the subject of a finding. */
export function subjectOf(billingAdapter: string, externalId: string): string {
  return `${billingAdapter}/${externalId}`
}

/** Of those that the provider bills: which bill no account here, unless a run about the account has not ended. */
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

/** By whom an account is billed now. */
export interface BilledNow extends OpenAtProvider {
  billingAdapter: string
}

/** Accounts that an adapter has billed for longer than the grace (milliseconds), and that no run is changing, in pages. */
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

/** By whom one account is billed now; undefined while a run about it has not ended. */
export async function findBilledNow(
  db: DatabaseConnection,
  organizationId: string,
): Promise<BilledNow | undefined> {
  const { rows } = await sql<BilledNow>`
    ${billedNow} where organization_id = ${organizationId} and ends_at is null and not ${hasOpenRun(sql`plan_periods.organization_id`)}
  `.execute(db)
  return rows[0]
}

/** The adapters by which accounts are billed now, whether or not a plug-in brings them. */
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
