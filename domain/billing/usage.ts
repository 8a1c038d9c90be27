import { type RawBuilder, sql } from 'kysely'
import { monthBounds } from './months.ts'

/** Licenses used in a month: distinct devices, each counted under one kind of plan. */
export interface Usage {
  trial: number
  purchased: number
}

export const noUsage: Usage = { trial: 0, purchased: 0 }

/** The devices that a bill adds to the earlier bills of its month. */
export interface BilledUsage extends Usage {
  /** The devices among `purchased` that an earlier bill of the month has as trial. */
  converted: number
}

/** Selects the number of rows of each kind. The rows of `unbilledDevices` have the alias `used`. */
export const countByKind = sql`
  count(*) filter (where used.kind = 'trial')::int as trial,
  count(*) filter (where used.kind = 'purchased')::int as purchased,
  count(*) filter (where used.converted)::int as converted`

/**
 * The rule of what a month counts, as a query for the devices that used a license in it. Its columns are `organization_id`,
 * `device_id`, `kind` and the subscription. A device counts once for its account: as purchased if it held a license under a
 * purchased plan at any time in that month, otherwise as trial. It counts for the subscription of the last such plan. While the
 * unit of a device is suspended or closed, the device uses no license. The current month counts usage until now.
 * @param accounts the condition that selects the accounts, on the columns of `period`.
 * @param until a time, as SQL, after which usage does not count. Default: the end of the month.
 */
export function usedDevices(
  month: string,
  accounts: RawBuilder<unknown>,
  until: RawBuilder<unknown> = sql`null::timestamptz`,
): RawBuilder<unknown> {
  const { from, to } = monthBounds(month)
  return sql`
    select distinct on (period.organization_id, assignment.device_id) period.organization_id, assignment.device_id,
      period.kind, period.billing_adapter, period.external_customer_id, period.external_subscription_id
    from plan_periods as period
      join license_assignments as assignment on assignment.pool_organization_id = period.organization_id
      cross join lateral (
        select greatest(period.starts_at, assignment.assigned_at, ${from}::timestamptz) as since,
          least(period.ends_at, assignment.released_at, ${to}::timestamptz, ${until}, clock_timestamp()) as until
      ) as held
    where ${accounts} and case when held.since < held.until then not isempty(
      tstzmultirange(tstzrange(held.since, held.until)) - coalesce((
        select range_agg(tstzrange(pause.starts_at, pause.ends_at)) from inactive_periods as pause
        where pause.organization_id = assignment.organization_id), '{}')) end
    order by period.organization_id, assignment.device_id, period.kind = 'purchased' desc, period.starts_at desc`
}

/**
 * `usedDevices` without those that a bill of the month has under the same kind of plan, or as purchased. The column
 * `converted` is true for a device that an earlier bill has as trial and that is now to be billed as purchased.
 */
export function unbilledDevices(...rule: Parameters<typeof usedDevices>): RawBuilder<unknown> {
  const [month] = rule
  return sql`
    select used.*, exists (
        select from billed_devices as billed join bills as bill on bill.id = billed.bill_id
        where billed.device_id = used.device_id and billed.month = ${month} and bill.status <> 'written_off') as converted
    from (${usedDevices(...rule)}) as used
    where not exists (
      select from billed_devices as billed
      where billed.device_id = used.device_id and billed.month = ${month} and billed.kind in (used.kind, 'purchased'))`
}

export function withUsage<Row extends BilledUsage>({ trial, purchased, converted, ...row }: Row) {
  return { ...row, usage: { trial, purchased, converted } }
}
