import { type RawBuilder, sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import { monthBounds } from './months.ts'
import type { Page } from '../database/list-page.ts'
import { type Subtree, subtreeEnd } from '../access/subtree.ts'
import { type Usage, unbilledDevices, usedDevices } from './usage.ts'

/** Amounts in one currency, in integer minor units. `total` is `invoiced` less `credited`. */
export interface InvoicedAmount {
  currency: string
  invoiced: number
  credited: number
  total: number
}

/** The accounts of the figures, as a condition on `account`, and whether figures are per account or summed. */
export interface Scope {
  month: string
  accounts: RawBuilder<unknown>
  by: 'account' | 'subtree'
}

export const inSubtree = (subtree: Subtree) =>
  sql`account.path >= ${subtree} and account.path < ${subtreeEnd(subtree)}`

export const oneOf = (ids: string[]) => sql`account.id = any(${ids})`

/** The accounts of a subtree with bills, invoices or usage in a month, each before those below it. */
export async function accountsWithFigures(
  db: DatabaseConnection,
  { subtree, month }: { subtree: Subtree; month: string },
  page: Page,
): Promise<{ id: string; name: string }[]> {
  const after = page.after ?? null
  const { rows } = await sql<{ id: string; name: string }>`
    select account.id, account.name from organizations as account
    where ${inSubtree(subtree)}
      and (${after}::text is null or account.path > (select path from organizations where id = ${after}))
      and (exists (select from bills where bills.organization_id = account.id and bills.month = ${month})
        or exists (select from invoices as invoice where invoice.organization_id = account.id and ${belongsTo(month)})
        or exists (${usedDevices(month, sql`period.organization_id = account.id`)}))
    order by account.path
    limit ${page.limit}
  `.execute(db)
  return rows
}

/** The usage of a month by what became of it. Each device counts once, so the three add up to what the month counts. */
export interface UsageByBilling {
  /** On a bill that is reported to the provider, or is to be reported. */
  billed: Usage
  /** On no bill. */
  unbilled: Usage
  /** On a bill that a person wrote off. */
  writtenOff: Usage
}

/** `account` is null for the sum over all accounts. */
export async function usedBy(
  db: DatabaseConnection,
  { month, accounts, by }: Scope,
): Promise<(UsageByBilling & { account: string | null })[]> {
  const unbilled = unbilledDevices(month, sql`period.organization_id in (select id from account)`)
  const { rows } = await sql<UsageByBilling & { account: string | null }>`
    with account as (
      select account.id from organizations as account where ${accounts}
    ), used as (
      select distinct on (organization_id, device_id) organization_id, kind, state
      from (
        select organization_id, device_id, kind, case status when 'written_off' then status else 'billed' end as state
        from bills join billed_devices as billed on billed.bill_id = bills.id
        where bills.month = ${month} and organization_id in (select id from account)
        union all
        select organization_id, device_id, kind, 'unbilled' from (${unbilled}) as unbilled
      ) as counted
      order by organization_id, device_id, kind = 'purchased' desc
    )
    select ${keyOf(by)} as account, ${countIn('billed')} as billed, ${countIn('unbilled')} as unbilled,
      ${countIn('written_off')} as "writtenOff"
    from used
    group by 1
  `.execute(db)
  return rows
}

function countIn(state: string): RawBuilder<unknown> {
  return sql`jsonb_build_object(
    'trial', count(*) filter (where state = ${state} and kind = 'trial'),
    'purchased', count(*) filter (where state = ${state} and kind = 'purchased'))`
}

/** Invoiced amounts, one row for each currency. `account` is null for the sum over all accounts. */
export async function invoicedBy(
  db: DatabaseConnection,
  { month, accounts, by }: Scope,
): Promise<(InvoicedAmount & { account: string | null })[]> {
  const { rows } = await sql<InvoicedAmount & { account: string | null }>`
    select ${keyOf(by)} as account, currency,
      coalesce(sum(total) filter (where kind = 'invoice'), 0)::float8 as invoiced,
      coalesce(-sum(total) filter (where kind = 'credit_note'), 0)::float8 as credited,
      sum(total)::float8 as total
    from invoices as invoice
    where ${belongsTo(month)} and organization_id in (
      select account.id from organizations as account where ${accounts})
    group by 1, 2
    order by 1, 2
  `.execute(db)
  return rows
}

function keyOf(by: Scope['by']): RawBuilder<unknown> {
  return by === 'account' ? sql`organization_id` : sql`null::text`
}

/** An invoice belongs to the month that it bills. Without such a month it belongs to the month in which it was issued. */
function belongsTo(month: string): RawBuilder<unknown> {
  const { from, to } = monthBounds(month)
  return sql`(invoice.month = ${month}
    or (invoice.month is null and invoice.issued_at >= ${from} and invoice.issued_at < ${to}))`
}
