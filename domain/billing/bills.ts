import { sql, type Transaction } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Database } from '../database/tables.ts'
import { newId } from '../ids.ts'
import type { SubscriptionAtProvider } from '../runs/run-requests.ts'
import { type BilledUsage, countByKind, unbilledDevices, withUsage } from './usage.ts'

/** An open bill: usage of one account in one month that is to be reported to the provider of one subscription. */
export interface OpenBill {
  id: string
  month: string
  usage: BilledUsage
}

export interface BillTarget {
  organizationId: string
  /** `YYYY-MM` */
  month: string
  subscription: SubscriptionAtProvider
}

/**
 * Opens a bill with the devices of an account, month and subscription that are on no bill. The statement that counts the devices
 * also assigns each to the bill, so a provider is told exactly the numbers that are on record. A month may have several bills: a
 * bill that is opened before the end of the month leaves the later usage to the next one.
 * @param options `final` counts as if the newest period of the subscription were the last of the account, because the
 * subscription ends: the usage until then is its own, also where the account has another subscription since.
 * @returns whether there was usage to bill.
 */
export async function openBill(
  transaction: Transaction<Database>,
  { organizationId, month, subscription }: BillTarget,
  options: { final?: true } = {},
): Promise<boolean> {
  // Bills of one account are opened one after another, so that a device is not billed as trial and purchased at the same time.
  await sql`select from organizations where id = ${organizationId} for no key update`.execute(transaction)
  const { billingAdapter, customerExternalId, subscriptionExternalId } = subscription
  const end = sql`(
    select max(coalesce(own.ends_at, 'infinity')) from plan_periods as own where own.organization_id = ${organizationId}
      and own.billing_adapter = ${billingAdapter} and own.external_subscription_id = ${subscriptionExternalId})`
  const unbilled = unbilledDevices(
    month,
    sql`period.organization_id = ${organizationId}`,
    options.final ? end : undefined,
  )
  const { rows } = await sql`
    with used as materialized (
      select * from (${unbilled}) as unbilled
      where billing_adapter = ${billingAdapter} and external_subscription_id = ${subscriptionExternalId}
    ), bill as (
      insert into bills (id, organization_id, month, billing_adapter, external_customer_id, external_subscription_id,
        trial, purchased, converted)
      select ${newId('bil')}, ${organizationId}, ${month}, ${billingAdapter}, ${customerExternalId},
        ${subscriptionExternalId}, ${countByKind}
      from used having count(*) > 0
      returning id
    )
    insert into billed_devices (device_id, month, kind, bill_id)
    select used.device_id, ${month}, used.kind, bill.id from used cross join bill
    returning bill_id
  `.execute(transaction)
  return rows.length > 0
}

/** @param bills `month` limits them to one month. */
export async function findOpenBills(
  db: DatabaseConnection,
  bills: { organizationId: string; subscription: SubscriptionAtProvider; month?: string | undefined },
): Promise<OpenBill[]> {
  const { billingAdapter, subscriptionExternalId } = bills.subscription
  let query = db
    .selectFrom('bills')
    .select(['id', 'month', 'trial', 'purchased', 'converted'])
    .where('organization_id', '=', bills.organizationId)
    .where('billing_adapter', '=', billingAdapter)
    .where('external_subscription_id', '=', subscriptionExternalId)
    .where('status', '=', 'open')
    .orderBy('month')
    .orderBy('id')
  if (bills.month !== undefined) query = query.where('month', '=', bills.month)
  return (await query.execute()).map(withUsage)
}

/**
 * Whether a bill is still to be reported: it was not reported, written off or handed over since. While a person resolves the bill,
 * the call waits for the end of that.
 */
export async function isOpen(db: DatabaseConnection, billId: string): Promise<boolean> {
  const row = await db
    .selectFrom('bills')
    .select('id')
    .where('id', '=', billId)
    .where('status', '=', 'open')
    .forNoKeyUpdate()
    .executeTakeFirst()
  return row !== undefined
}

/**
 * Records that the provider received the usage of a bill. A second call with the same reference changes nothing.
 * @param report `externalReference` is the provider's reference of the usage.
 * @throws Error when the bill does not exist, is resolved otherwise, or another reference is on record.
 */
export async function recordBill(
  transaction: Transaction<Database>,
  report: { billId: string; externalReference: string },
): Promise<void> {
  const { numUpdatedRows } = await transaction
    .updateTable('bills')
    .set({
      status: 'billed',
      external_reference: report.externalReference,
      closed_at: sql<Date>`coalesce(closed_at, now())`,
    })
    .where('id', '=', report.billId)
    .where((eb) =>
      eb.or([eb('status', '=', 'open'), eb('external_reference', '=', report.externalReference)]),
    )
    .executeTakeFirst()
  if (numUpdatedRows !== 1n) throw new Error(`Bill ${report.billId} is not one that waits for its provider`)
}
