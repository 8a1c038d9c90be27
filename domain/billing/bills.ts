import { sql, type Transaction } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Database } from '../database/tables.ts'
import { newId } from '../ids.ts'
import type { SubscriptionAtProvider } from '../runs/run-requests.ts'
import { countByKind, type Usage, usedDevices } from './usage.ts'

/** The usage of one account in one month under one subscription. */
export interface Bill {
  id: string
  usage: Usage
  /** The provider's answer to the report; null until `recordBill` stores it. */
  externalReference: string | null
}

export interface BillTarget {
  organizationId: string
  /** `YYYY-MM` */
  month: string
  subscription: SubscriptionAtProvider
}

/**
 * Opens the bill of an account, month and subscription. The statement that counts the devices also claims each for this
 * bill, so a provider is told exactly the numbers that are on record, and no device is on two bills of a month. A
 * second call returns the same bill with the same numbers.
 *
 * Before the end of the month the bill counts usage until now, and usage later in the month is not billed. So open a
 * bill early only for a subscription that has ended.
 * @returns undefined when there is no usage to bill.
 */
export async function openBill(
  transaction: Transaction<Database>,
  target: BillTarget,
): Promise<Bill | undefined> {
  const { organizationId, month, subscription } = target
  const id = newId('bil')
  const opened = await transaction
    .insertInto('bills')
    .values({
      id,
      organization_id: organizationId,
      month,
      billing_adapter: subscription.billingAdapter,
      external_customer_id: subscription.customerExternalId,
      external_subscription_id: subscription.subscriptionExternalId,
      trial: 0,
      purchased: 0,
    })
    .onConflict((conflict) =>
      conflict.columns(['organization_id', 'month', 'external_subscription_id']).doNothing(),
    )
    .returning('id')
    .executeTakeFirst()
  if (opened === undefined) return findBill(transaction, target)

  const usage = await claimDevices(transaction, id, target)
  if (usage.trial + usage.purchased > 0) return { id, usage, externalReference: null }
  await dropBill(transaction, id)
  return undefined
}

async function claimDevices(
  transaction: Transaction<Database>,
  billId: string,
  { organizationId, month, subscription }: BillTarget,
): Promise<Usage> {
  // The insert waits for another bill that claims the same device. The device then stays on that bill.
  const used = usedDevices(
    month,
    sql`period.organization_id = ${organizationId}
      and period.external_subscription_id = ${subscription.subscriptionExternalId}`,
  )
  const { rows } = await sql<Usage>`
    with used as (
      insert into billed_devices (device_id, month, bill_id, kind)
      select device_id, ${month}, ${billId}, kind from (${used}) as used
      on conflict (device_id, month) do nothing
      returning kind
    ), counted as (
      select ${countByKind} from used
    )
    update bills set trial = counted.trial, purchased = counted.purchased
    from counted where id = ${billId}
    returning bills.trial, bills.purchased
  `.execute(transaction)
  const [usage] = rows
  if (usage === undefined) throw new Error('A bill vanished while it was counted')
  return usage
}

async function findBill(db: DatabaseConnection, target: BillTarget): Promise<Bill | undefined> {
  const row = await db
    .selectFrom('bills')
    .select(['id', 'trial', 'purchased', 'external_reference as externalReference'])
    .where('organization_id', '=', target.organizationId)
    .where('month', '=', target.month)
    .where('external_subscription_id', '=', target.subscription.subscriptionExternalId)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const { trial, purchased, ...bill } = row
  return { ...bill, usage: { trial, purchased } }
}

/**
 * Records that the provider received the usage of a bill. A second call with the same reference changes nothing.
 * @param report `externalReference` is the provider's reference of the usage.
 * @throws Error when the bill does not exist, or another reference is on record.
 */
export async function recordBill(
  transaction: Transaction<Database>,
  report: { billId: string; externalReference: string },
): Promise<void> {
  const { numUpdatedRows } = await transaction
    .updateTable('bills')
    .set({
      external_reference: report.externalReference,
      billed_at: sql<Date>`coalesce(billed_at, now())`,
    })
    .where('id', '=', report.billId)
    .where((eb) =>
      eb.or([eb('external_reference', 'is', null), eb('external_reference', '=', report.externalReference)]),
    )
    .executeTakeFirst()
  if (numUpdatedRows !== 1n) throw new Error(`Bill ${report.billId} is not one that waits for its provider`)
}

/** Deletes a bill that was not reported, so that its devices can be billed again. A reported bill stays. */
export async function dropBill(transaction: Transaction<Database>, billId: string): Promise<void> {
  await transaction
    .deleteFrom('bills')
    .where('id', '=', billId)
    .where('external_reference', 'is', null)
    .execute()
}
