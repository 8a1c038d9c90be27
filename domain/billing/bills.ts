import { sql, type Transaction } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Database } from '../database/tables.ts'
import { newId } from '../ids.ts'
import type { SubscriptionAtProvider } from '../runs/run-requests.ts'
import { countByKind, type Usage, usedDevices } from './usage.ts'

/** What an account is billed for one month under one subscription. */
export interface Bill {
  id: string
  usage: Usage
  /** What the provider answered; null until `recordBill`. */
  externalReference: string | null
}

export interface BillTarget {
  organizationId: string
  /** `YYYY-MM` */
  month: string
  subscription: SubscriptionAtProvider
}

/**
 * Counts the devices that used this subscription in the month and are on no other bill of it, and claims each for this
 * bill in the same moment. So what a provider is told
 * afterwards is exactly what is on record, whatever devices do meanwhile. There is one bill for each account, month and
 * subscription: asked again, it is the same one, with the numbers of the first time.
 *
 * In a month that has not ended it counts until now, and what the subscription is used for later that month is not billed
 * any more: do that only to a subscription that has ended.
 * @returns undefined when there is nothing to bill.
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
  // A device that another bill takes at this moment is waited for, and then left to that bill and not counted here.
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
 * Notes that the provider was told what is on the bill. Noting it again is harmless.
 * @param told `externalReference` is what the provider answered.
 * @throws Error when there is no such bill, or the provider had answered something else.
 */
export async function recordBill(
  transaction: Transaction<Database>,
  told: { billId: string; externalReference: string },
): Promise<void> {
  const { numUpdatedRows } = await transaction
    .updateTable('bills')
    .set({
      external_reference: told.externalReference,
      billed_at: sql<Date>`coalesce(billed_at, now())`,
    })
    .where('id', '=', told.billId)
    .where((eb) =>
      eb.or([eb('external_reference', 'is', null), eb('external_reference', '=', told.externalReference)]),
    )
    .executeTakeFirst()
  if (numUpdatedRows !== 1n) throw new Error(`Bill ${told.billId} is not one that waits for its provider`)
}

/** Takes back a bill that no provider was told of; its devices can be billed again. One that was billed stays. */
export async function dropBill(transaction: Transaction<Database>, billId: string): Promise<void> {
  await transaction
    .deleteFrom('bills')
    .where('id', '=', billId)
    .where('external_reference', 'is', null)
    .execute()
}
