import { type RawBuilder, sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import { monthBounds } from './months.ts'
import type { SubscriptionAtProvider } from '../runs/run-requests.ts'

/** Licenses used in a month: distinct devices, each counted under one kind of plan. */
export interface Usage {
  trial: number
  purchased: number
}

export type SubscriptionUsage = SubscriptionAtProvider & { usage: Usage }

/** Selects the number of rows of each kind. The rows of `usedDevices` have the alias `used`. */
export const countByKind = sql`
  count(*) filter (where used.kind = 'trial')::int as trial,
  count(*) filter (where used.kind = 'purchased')::int as purchased`

/**
 * A query for the devices that used a license in a month and are on no bill of that month. Its columns are `device_id`,
 * `kind` and the subscription. A device counts once: as purchased if it held a license during a purchased plan in that
 * month, otherwise as trial, under the subscription of the last such plan. In the current month it counts usage until now.
 * @param accounts the condition that selects the accounts, on the columns of `period`.
 */
export function usedDevices(month: string, accounts: RawBuilder<unknown>): RawBuilder<unknown> {
  const { from, to } = monthBounds(month)
  const until = sql`least(${to}::timestamptz, now())`
  return sql`
    select distinct on (period.organization_id, assignment.device_id) assignment.device_id, period.kind,
      period.organization_id, period.billing_adapter, period.external_customer_id, period.external_subscription_id
    from plan_periods as period
      join license_assignments as assignment on assignment.pool_organization_id = period.organization_id
    where ${accounts}
      and greatest(period.starts_at, assignment.assigned_at, ${from}::timestamptz)
        < least(period.ends_at, assignment.released_at, ${until})
      and not exists (
        select from billed_devices as billed where billed.device_id = assignment.device_id and billed.month = ${month})
    order by period.organization_id, assignment.device_id, period.kind = 'purchased' desc, period.starts_at desc`
}

export async function usageOf(
  db: DatabaseConnection,
  account: { organizationId: string; month: string },
): Promise<SubscriptionUsage[]> {
  const used = usedDevices(account.month, sql`period.organization_id = ${account.organizationId}`)
  const { rows } = await sql<SubscriptionAtProvider & Usage>`
    select billing_adapter as "billingAdapter", external_customer_id as "customerExternalId",
      external_subscription_id as "subscriptionExternalId", ${countByKind}
    from (${used}) as used
    group by 1, 2, 3
    order by 3
  `.execute(db)
  return rows.map(withUsage)
}

export function withUsage<Row extends Usage>({ trial, purchased, ...row }: Row) {
  return { ...row, usage: { trial, purchased } }
}
