import { type RawBuilder, sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import { monthBounds } from './months.ts'
import type { SubscriptionAtProvider } from '../runs/run-requests.ts'
import { type BilledUsage, countByKind, type Usage, unbilledDevices, withUsage } from './usage.ts'

/** A position in the list of subscriptions, which is ordered by both fields. */
export interface BillingPosition {
  organizationId: string
  subscriptionExternalId: string
}

export interface BillingPage {
  limit: number
  after?: BillingPosition | undefined
}

export type Billable = SubscriptionAtProvider & {
  organizationId: string
  usage: BilledUsage
  /** The number of bills of the subscription and month that are closed. */
  earlierBills: number
}

/** The number of plan periods that one statement reads. It bounds the accounts that a page counts beyond its limit. */
const atOnce = 250

/**
 * The subscriptions with usage in a month that is not reported to their provider: usage on no bill, and usage on open bills.
 */
export async function findBillable(
  db: DatabaseConnection,
  month: string,
  { limit, after }: BillingPage,
): Promise<Billable[]> {
  const found: Billable[] = []
  for (let from = after; ; ) {
    const upTo = await findPosition(db, from, atOnce)
    found.push(...(await billableWithin(db, month, { after: from, upTo, limit: limit - found.length })))
    if (upTo === undefined || found.length >= limit) return found
    from = upTo
  }
}

async function findPosition(
  db: DatabaseConnection,
  after: BillingPosition | undefined,
  periods: number,
): Promise<BillingPosition | undefined> {
  const { rows } = await sql<BillingPosition>`
    select organization_id as "organizationId", external_subscription_id as "subscriptionExternalId"
    from plan_periods as period where ${isAfter({ after })}
    order by organization_id, external_subscription_id
    offset ${periods - 1} limit 1
  `.execute(db)
  return rows[0]
}

async function billableWithin(
  db: DatabaseConnection,
  month: string,
  page: BillingPage & { upTo: BillingPosition | undefined },
): Promise<Billable[]> {
  const within = sql`${isAfter(page)} and ${isUpTo(page)}`
  const unbilled = unbilledDevices(month, sql`period.organization_id = account.organization_id`)
  const { rows } = await sql<SubscriptionAtProvider & BilledUsage & Omit<Billable, 'usage'>>`
    with account as (
      select distinct organization_id from plan_periods as period
      where ${runsIn(month)} and ${within} and not exists (${finalBill(month)})
    ), due as (
      select account.organization_id, used.billing_adapter, used.external_customer_id, used.external_subscription_id,
        ${countByKind}
      from account cross join lateral (${unbilled}) as used
      group by 1, 2, 3, 4
      union all
      select organization_id, billing_adapter, external_customer_id, external_subscription_id, trial, purchased, converted
      from bills as period where month = ${month} and status = 'open' and ${within}
    )
    select organization_id as "organizationId", billing_adapter as "billingAdapter",
      external_customer_id as "customerExternalId", external_subscription_id as "subscriptionExternalId",
      sum(trial)::int as trial, sum(purchased)::int as purchased, sum(converted)::int as converted,
      (select count(*)::int from bills as closed
       where closed.organization_id = period.organization_id and closed.month = ${month} and closed.status <> 'open'
         and closed.external_subscription_id = period.external_subscription_id) as "earlierBills"
    from due as period
    where ${within}
    group by organization_id, billing_adapter, external_customer_id, external_subscription_id
    order by organization_id, external_subscription_id
    limit ${page.limit}
  `.execute(db)
  return rows.map(withUsage)
}

/**
 * A closed bill that was opened after the month. The subscription of `period` has no usage of the month that it does not have. A
 * bill that was handed over to the subscription says nothing about the usage of the subscription itself.
 */
function finalBill(month: string): RawBuilder<unknown> {
  return sql`
    select from bills where bills.organization_id = period.organization_id and bills.month = ${month}
      and bills.external_subscription_id = period.external_subscription_id
      and bills.opened_at >= ${monthBounds(month).to} and bills.status <> 'open'
      and not exists (select from bills as before where before.successor_id = bills.id)`
}

/** A subscription with its bills of a month. */
export type BilledSubscription = SubscriptionAtProvider & {
  organizationId: string
  /** The usage that we reported to its provider; null when we reported none. */
  billed: Usage | null
  /** That usage with the usage of open bills, which the provider may have: their answer can be lost. Null without a bill. */
  billedOrOpen: Usage | null
}

/** The subscriptions that ran in a month or were billed for it. A provider may have usage of each on record. */
export async function listBilledSubscriptions(
  db: DatabaseConnection,
  month: string,
  page: BillingPage,
): Promise<BilledSubscription[]> {
  const { rows } = await sql<BilledSubscription>`
    select ran.organization_id as "organizationId", ran.billing_adapter as "billingAdapter",
      ran.external_customer_id as "customerExternalId", ran.external_subscription_id as "subscriptionExternalId",
      ${sumOfBills(month, sql`('billed')`)} as billed, ${sumOfBills(month, sql`('billed', 'open')`)} as "billedOrOpen"
    from (
      (${subscriptionsIn(sql`plan_periods`, runsIn(month), page)})
      union
      (${subscriptionsIn(sql`bills`, sql`month = ${month}`, page)})
    ) as ran
    order by ran.organization_id, ran.external_subscription_id
    limit ${page.limit}
  `.execute(db)
  return rows
}

/** The usage on the bills of a subscription of `ran`; null when it has none. */
function sumOfBills(month: string, statuses: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`(
    select jsonb_build_object('trial', sum(trial), 'purchased', sum(purchased)) from bills as bill
    where bill.organization_id = ran.organization_id and bill.month = ${month} and bill.status in ${statuses}
      and bill.billing_adapter = ran.billing_adapter and bill.external_subscription_id = ran.external_subscription_id
    having count(*) > 0)`
}

/** The limit applies to each table, so that the cost of a page does not grow with the tables. */
function subscriptionsIn(
  table: RawBuilder<unknown>,
  condition: RawBuilder<unknown>,
  page: BillingPage,
): RawBuilder<unknown> {
  return sql`
    select distinct on (organization_id, external_subscription_id)
      organization_id, billing_adapter, external_customer_id, external_subscription_id
    from ${table} as period where ${condition} and ${isAfter(page)}
    order by organization_id, external_subscription_id
    limit ${page.limit}`
}

function runsIn(month: string): RawBuilder<unknown> {
  const { from, to } = monthBounds(month)
  return sql`period.starts_at < ${to} and (period.ends_at is null or period.ends_at > ${from})`
}

function isAfter({ after }: Pick<BillingPage, 'after'>): RawBuilder<unknown> {
  if (after === undefined) return sql`true`
  return sql`(period.organization_id, period.external_subscription_id)
    > (${after.organizationId}, ${after.subscriptionExternalId})`
}

function isUpTo({ upTo }: { upTo: BillingPosition | undefined }): RawBuilder<unknown> {
  if (upTo === undefined) return sql`true`
  return sql`(period.organization_id, period.external_subscription_id)
    <= (${upTo.organizationId}, ${upTo.subscriptionExternalId})`
}
