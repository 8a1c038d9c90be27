import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { BillStatus } from '../database/tables/billing-tables.ts'
import type { Page } from '../database/list-page.ts'
import { isId } from '../ids.ts'
import { type Subtree, subtreeEnd } from '../access/subtree.ts'
import { type BilledUsage, withUsage } from './usage.ts'

export interface Bill {
  id: string
  organizationId: string
  /** `YYYY-MM` */
  month: string
  billingAdapter: string
  subscriptionExternalId: string
  usage: BilledUsage
  status: BillStatus
  /** The provider's reference of the reported usage. */
  externalReference: string | null
  /** The actor who wrote the bill off or handed it over. */
  resolvedBy: string | null
  reason: string | null
  /** The bill that has its devices since it was handed over. */
  successorId: string | null
  /** The newest open operation that reports the bill. */
  operationId: string | null
  openedAt: Date
  closedAt: Date | null
}

/** Lists bills, newest first. @param filter `organizationId` limits them to one account. */
export async function listBills(
  db: DatabaseConnection,
  filter: { organizationId?: string | undefined; status?: BillStatus | undefined },
  page: Page,
): Promise<Bill[]> {
  let query = bills(db).orderBy('bill.id', 'desc').limit(page.limit)
  if (filter.organizationId !== undefined)
    query = query.where('bill.organization_id', '=', filter.organizationId)
  if (filter.status !== undefined) query = query.where('bill.status', '=', filter.status)
  if (page.after !== undefined) query = query.where('bill.id', '<', page.after)
  return (await query.execute()).map(withUsage)
}

/** @returns the bill; undefined when it does not exist or its account is outside of the subtree. */
export async function findBill(
  db: DatabaseConnection,
  subtree: Subtree,
  id: string,
): Promise<Bill | undefined> {
  if (!isId(id, 'bil')) return undefined
  const row = await bills(db)
    .innerJoin('organizations', 'organizations.id', 'bill.organization_id')
    .where('bill.id', '=', id)
    .where('organizations.path', '>=', subtree)
    .where('organizations.path', '<', subtreeEnd(subtree))
    .executeTakeFirst()
  return row === undefined ? undefined : withUsage(row)
}

/** The runs whose step `open-bills` counted `bill`, or found it open. Their step `report-usage` reports it. */
export const reportingRuns = sql`
  runs as run join step_runs as counting on counting.run_id = run.id and counting.step_id = 'open-bills'
    and counting.output -> 'bills' @> jsonb_build_array(jsonb_build_object('id', bill.id))
    and run.organization_id = bill.organization_id`

function bills(db: DatabaseConnection) {
  return db
    .selectFrom('bills as bill')
    .select([
      'bill.id',
      'bill.organization_id as organizationId',
      'month',
      'billing_adapter as billingAdapter',
    ])
    .select(['external_subscription_id as subscriptionExternalId', 'trial', 'purchased', 'converted'])
    .select(['bill.status', 'external_reference as externalReference'])
    .select(['resolved_by as resolvedBy', 'reason', 'successor_id as successorId'])
    .select(['opened_at as openedAt', 'closed_at as closedAt'])
    .select(
      sql<string | null>`case when bill.status = 'open' then (
        select max(run.id) from ${reportingRuns} where run.closed_at is null) end`.as('operationId'),
    )
}
