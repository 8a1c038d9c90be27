import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { BulkFilter, BulkItemStatus } from '../database/tables/decision-tables.ts'
import type { DecisionAction, UndoAnswers } from './decision.ts'
import type { SelectedRun } from './bulk-selection.ts'
import { newId } from '../ids.ts'
import type { Page } from '../database/list-page.ts'
import { type Subtree, subtreeEnd } from '../access/subtree.ts'

export interface NewBulkDecision {
  apiKeyId: string
  organizationId: string
  action: DecisionAction
  filter: BulkFilter
  reason: string
  undo?: UndoAnswers | undefined
  /** The largest number of runs that may be in progress at the same time. */
  atOnce: number
  idempotencyKey: string | undefined
  bodyHash: string
}

export interface BulkDecision {
  id: string
  action: DecisionAction
  filter: BulkFilter
  reason: string
  undo: UndoAnswers | null
  atOnce: number
  total: number
  /** The number of items with each status. A status without items is absent. */
  counts: Partial<Record<BulkItemStatus, number>>
  acceptedAt: Date
  closedAt: Date | null
}

export interface BulkItem {
  id: string
  runId: string
  stepId: string | null
  status: BulkItemStatus
  refusal: string | null
  updatedAt: Date
}

/** @returns undefined when one with the same idempotency key was accepted at the same time. */
export async function acceptBulkDecision(
  db: DatabaseConnection,
  bulk: NewBulkDecision,
  items: readonly SelectedRun[],
): Promise<string | undefined> {
  const id = newId('blk')
  return db.transaction().execute(async (transaction) => {
    const accepted = await transaction
      .insertInto('bulk_decisions')
      .values({
        id,
        api_key_id: bulk.apiKeyId,
        organization_id: bulk.organizationId,
        action: bulk.action,
        filter: JSON.stringify(bulk.filter),
        reason: bulk.reason,
        undo: bulk.undo === undefined ? null : JSON.stringify(bulk.undo),
        at_once: bulk.atOnce,
        total: items.length,
        idempotency_key: bulk.idempotencyKey ?? null,
        body_hash: bulk.bodyHash,
        closed_at: items.length === 0 ? new Date() : null,
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .executeTakeFirst()
    if (accepted === undefined) return undefined
    const rows = items.map(({ runId, stepId }) => ({ id: newId('dec'), runId, stepId }))
    await sql`
      insert into bulk_decision_items (decision_id, bulk_id, run_id, step_id)
      select id, ${id}, "runId", "stepId"
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as item (id text, "runId" text, "stepId" text)
    `.execute(transaction)
    return id
  })
}

/** @returns the bulk decision that an earlier request under this idempotency key created. */
export async function findEarlierBulk(
  db: DatabaseConnection,
  { apiKeyId, key }: { apiKeyId: string; key: string },
): Promise<{ id: string; bodyHash: string } | undefined> {
  return db
    .selectFrom('bulk_decisions')
    .select(['id', 'body_hash as bodyHash'])
    .where('api_key_id', '=', apiKeyId)
    .where('idempotency_key', '=', key)
    .executeTakeFirst()
}

/** @returns undefined when the bulk decision does not exist, or the organization of its key is outside of the subtree. */
export async function findBulkDecision(
  db: DatabaseConnection,
  subtree: Subtree,
  id: string,
): Promise<BulkDecision | undefined> {
  return db
    .selectFrom('bulk_decisions as bulk')
    .innerJoin('organizations as maker', 'maker.id', 'bulk.organization_id')
    .select(['bulk.id', 'action', 'filter', 'reason', 'undo', 'at_once as atOnce', 'total'])
    .select(['accepted_at as acceptedAt', 'closed_at as closedAt'])
    .select(
      sql<BulkDecision['counts']>`coalesce((
        select jsonb_object_agg(status, items) from (
          select status, count(*) as items from bulk_decision_items where bulk_id = bulk.id group by status
        ) as counted), '{}')`.as('counts'),
    )
    .where('bulk.id', '=', id)
    .where('maker.path', '>=', subtree)
    .where('maker.path', '<', subtreeEnd(subtree))
    .executeTakeFirst()
}

export async function listBulkItems(
  db: DatabaseConnection,
  bulkId: string,
  { status, limit, after }: Page & { status?: BulkItemStatus | undefined },
): Promise<BulkItem[]> {
  let query = db
    .selectFrom('bulk_decision_items')
    .select(['decision_id as id', 'run_id as runId', 'step_id as stepId', 'status', 'refusal'])
    .select('updated_at as updatedAt')
    .where('bulk_id', '=', bulkId)
    .orderBy('decision_id')
    .limit(limit)
  if (status !== undefined) query = query.where('status', '=', status)
  if (after !== undefined) query = query.where('decision_id', '>', after)
  return query.execute()
}
