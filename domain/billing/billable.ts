import { type RawBuilder, sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import { monthBounds } from './months.ts'
import type { SubscriptionAtProvider } from '../runs/run-requests.ts'
import { countByKind, type Usage, usedDevices, withUsage } from './usage.ts'

/** A position in the list of subscriptions, which is ordered by both fields. */
export interface BillingPosition {
  organizationId: string
  subscriptionExternalId: string
}

export interface BillingPage {
  limit: number
  after?: BillingPosition | undefined
}

export type Billable = SubscriptionAtProvider & { organizationId: string; usage: Usage }

/** The number of plan periods that one statement reads. It bounds the statement when most accounts used nothing. */
const atOnce = 5_000

/**
 * The subscriptions with usage in a month that is not reported to their provider. An open bill whose run was cancelled
 * counts as not reported.
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
  const used = usedDevices(month, sql`period.organization_id = candidate.organization_id`)
  const { rows } = await sql<SubscriptionAtProvider & Usage & { organizationId: string }>`
    select candidate.organization_id as "organizationId", counted."billingAdapter", counted."customerExternalId",
      candidate.external_subscription_id as "subscriptionExternalId", counted.trial, counted.purchased
    from (
      select distinct organization_id, external_subscription_id from plan_periods as period
      where ${runsIn(month)} and ${isAfter(page)} and ${isUpTo(page)}
        and not exists (
          select from bills
          where bills.organization_id = period.organization_id and bills.month = ${month}
            and bills.external_subscription_id = period.external_subscription_id and bills.billed_at is not null)
    ) as candidate
    cross join lateral (
      select min(used.billing_adapter) as "billingAdapter", min(used.external_customer_id) as "customerExternalId",
        ${countByKind}
      from (
        select * from (${used}) as counting
        where counting.external_subscription_id = candidate.external_subscription_id
        union all
        select billed.device_id, billed.kind, bills.organization_id, bills.billing_adapter, bills.external_customer_id,
          bills.external_subscription_id
        from bills join billed_devices as billed on billed.bill_id = bills.id
        where bills.organization_id = candidate.organization_id and bills.month = ${month}
          and bills.external_subscription_id = candidate.external_subscription_id
      ) as used
      having count(*) > 0
    ) as counted
    order by candidate.organization_id, candidate.external_subscription_id
    limit ${page.limit}
  `.execute(db)
  return rows.map(withUsage)
}

/** A subscription with the usage that we reported to its provider for a month; null when we reported none. */
export type BilledSubscription = SubscriptionAtProvider & { organizationId: string; billed: Usage | null }

/** The subscriptions that ran in a month or were billed for it. A provider may have usage of each on record. */
export async function listBilledSubscriptions(
  db: DatabaseConnection,
  month: string,
  page: BillingPage,
): Promise<BilledSubscription[]> {
  const { rows } = await sql<BilledSubscription>`
    select ran.organization_id as "organizationId", ran.billing_adapter as "billingAdapter",
      ran.external_customer_id as "customerExternalId", ran.external_subscription_id as "subscriptionExternalId",
      case when bill.billed_at is not null
        then jsonb_build_object('trial', bill.trial, 'purchased', bill.purchased) end as billed
    from (
      (${subscriptionsIn(sql`plan_periods`, runsIn(month), page)})
      union
      (${subscriptionsIn(sql`bills`, sql`month = ${month}`, page)})
    ) as ran
    left join bills as bill on bill.organization_id = ran.organization_id and bill.month = ${month}
      and bill.external_subscription_id = ran.external_subscription_id
    order by ran.organization_id, ran.external_subscription_id
    limit ${page.limit}
  `.execute(db)
  return rows
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
