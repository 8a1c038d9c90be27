import { sql, type Transaction } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Database } from '../database/tables.ts'
import type { ProblemDeclaration } from '../errors/error-declaration.ts'
import { newId } from '../ids.ts'
import { isBilled, lockSubscription } from '../plans/subscriptions.ts'
import { billBeingReported, billNotOpen, billOutcomeUnknown, noSuccessor } from './billing-errors.ts'
import { type Bill, reportingRuns } from './read-bills.ts'

/** A person's decision on an open bill. */
export interface Resolution {
  bill: Pick<Bill, 'id' | 'organizationId'>
  /** The id of an API key, or the name of a person. */
  actor: string
  reason: string
  /** `true`: the person has checked that the provider does not have the bill, although an answer of it was lost. */
  notReported: boolean
}

/** Writes an open bill off: its devices stay on it, so nothing else bills them. @returns why it was refused, if it was. */
export async function writeOffBill(
  db: DatabaseConnection,
  resolution: Resolution,
): Promise<ProblemDeclaration | undefined> {
  return db.transaction().execute(async (transaction) => {
    const refusal = await lockResolvable(transaction, resolution)
    if (refusal === undefined) await close(transaction, resolution, { status: 'written_off' })
    return refusal
  })
}

/**
 * Hands an open bill over to the present subscription of its account: moves the devices and numbers to a new bill, which the next
 * run for that subscription reports under its own key. @returns why it was refused, if it was.
 */
export async function handOverBill(
  db: DatabaseConnection,
  resolution: Resolution,
): Promise<ProblemDeclaration | undefined> {
  const { id, organizationId } = resolution.bill
  return db.transaction().execute(async (transaction) => {
    // The lock of the subscription comes first, as in the steps that stop or replace it.
    const present = await lockSubscription(transaction, organizationId)
    const refusal = await lockResolvable(transaction, resolution)
    if (refusal !== undefined) return refusal
    if (present === undefined || !isBilled(present)) return noSuccessor
    const { billingAdapter, customerExternalId, subscriptionExternalId } = present.terms
    const successorId = newId('bil')
    const { rows } = await sql`
      insert into bills (id, organization_id, month, billing_adapter, external_customer_id, external_subscription_id,
        trial, purchased, converted)
      select ${successorId}, organization_id, month, ${billingAdapter}, ${customerExternalId}, ${subscriptionExternalId},
        trial, purchased, converted
      from bills
      where id = ${id} and (billing_adapter, external_subscription_id) <> (${billingAdapter}, ${subscriptionExternalId})
      returning id
    `.execute(transaction)
    if (rows.length === 0) return noSuccessor
    await transaction
      .updateTable('billed_devices')
      .set({ bill_id: successorId })
      .where('bill_id', '=', id)
      .execute()
    await close(transaction, resolution, { status: 'handed_over', successor_id: successorId })
    return undefined
  })
}

/**
 * Locks a bill, and checks that it is open and that the provider does not have it. The step `report-usage` records its intent, then
 * asks `isOpen`, which waits for this lock, and then calls the provider. So it either finds the bill resolved, or is seen here.
 */
async function lockResolvable(
  transaction: Transaction<Database>,
  { bill, notReported }: Resolution,
): Promise<ProblemDeclaration | undefined> {
  const locked = await transaction
    .selectFrom('bills')
    .select('status')
    .where('id', '=', bill.id)
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (locked?.status !== 'open') return billNotOpen
  const { rows } = await sql<{ isReporting: boolean | null; isUnknown: boolean | null }>`
    select bool_or(run.closed_at is null and report.status in ('running', 'retrying')) as "isReporting",
      bool_or(report.intent_at is not null) as "isUnknown"
    from bills as bill join lateral (select run.id, run.closed_at from ${reportingRuns}) as run on true
      join step_runs as report on report.run_id = run.id and report.step_id = 'report-usage'
    where bill.id = ${bill.id}
  `.execute(transaction)
  if (rows[0]?.isReporting) return billBeingReported
  return rows[0]?.isUnknown && !notReported ? billOutcomeUnknown : undefined
}

async function close(
  transaction: Transaction<Database>,
  { bill, actor, reason }: Resolution,
  to: { status: 'written_off' } | { status: 'handed_over'; successor_id: string },
): Promise<void> {
  await transaction
    .updateTable('bills')
    .set({ ...to, resolved_by: actor, reason, closed_at: sql<Date>`clock_timestamp()` })
    .where('id', '=', bill.id)
    .execute()
}
