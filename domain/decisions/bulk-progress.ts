import { sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { BulkItemStatus } from '../database/tables/decision-tables.ts'
import type { DecisionAction, UndoAnswers } from './decision.ts'

export interface OpenBulkDecision {
  id: string
  action: DecisionAction
  reason: string
  undo: UndoAnswers | null
  actor: string
  /** The subtree of the organization of the key. Only runs in it are decided on. */
  subtree: string
  atOnce: number
  acceptedAt: Date
}

export interface PendingItem {
  decisionId: string
  runId: string
  stepId: string | null
}

/** Reads a bulk decision and records that a workflow carries it out. @throws Error when it does not exist. */
export async function startBulkDecision(db: DatabaseConnection, bulkId: string): Promise<OpenBulkDecision> {
  const { rows } = await sql<OpenBulkDecision>`
    update bulk_decisions as bulk set started_at = coalesce(started_at, now()), updated_at = now()
    from organizations as maker
    where bulk.id = ${bulkId} and maker.id = bulk.organization_id
    returning bulk.id, action, reason, undo, api_key_id as actor, maker.path as subtree, at_once as "atOnce",
      accepted_at as "acceptedAt"
  `.execute(db)
  const [bulk] = rows
  if (bulk === undefined) throw new Error(`There is no decision in bulk ${bulkId}.`)
  return bulk
}

/**
 * Sets the result of each sent item whose decision was refused, whose run has closed, or whose run took the decision and is
 * stuck again.
 * @returns the number of sent items that still have no result.
 */
export async function closeSentItems(db: DatabaseConnection, bulkId: string): Promise<number> {
  const { rows } = await sql<{ open: number }>`
    with closed as (
      update bulk_decision_items as item set updated_at = now(), refusal = decision.refusal,
        status = case when decision.refusal is null then run.status else 'refused' end
      from runs as run, decisions as decision
      where item.bulk_id = ${bulkId} and item.status = 'sent'
        and run.id = item.run_id and decision.id = item.decision_id
        -- A run that closes before it takes the decision never takes it.
        and (decision.refusal is not null or run.status in ('completed', 'cancelled', 'failed')
          or (run.status = 'needs_attention' and decision.taken_at is not null and not exists (
            select from step_runs as step
            where step.run_id = run.id
              and (step.status in ('running', 'retrying')
                -- The step waits for its retry, unless a step got stuck after the decision was taken.
                or (step.status = 'pending' and decision.action = 'retry'
                  and step.step_id = coalesce(decision.step_id, step.step_id)
                  and not exists (
                    select from run_events as event
                    where event.run_id = run.id and event.type = 'step'
                      and event.data ->> 'status' = 'needs_attention' and event.created_at > decision.taken_at)))
              and not exists (
                select from step_runs as newer
                where newer.run_id = step.run_id and newer.step_id = step.step_id
                  and newer.revision > step.revision))))
      returning item.decision_id
    ), touched as (
      update bulk_decisions set updated_at = now() where id = ${bulkId}
    )
    select count(*)::integer as open from bulk_decision_items
    where bulk_id = ${bulkId} and status = 'sent' and decision_id not in (select decision_id from closed)
  `.execute(db)
  return rows[0]?.open ?? 0
}

export async function findPendingItems(
  db: DatabaseConnection,
  bulkId: string,
  limit: number,
): Promise<PendingItem[]> {
  return db
    .selectFrom('bulk_decision_items')
    .select(['decision_id as decisionId', 'run_id as runId', 'step_id as stepId'])
    .where('bulk_id', '=', bulkId)
    .where('status', '=', 'pending')
    .orderBy('decision_id')
    .limit(limit)
    .execute()
}

export async function setItem(
  db: DatabaseConnection,
  decisionId: string,
  item: { status: BulkItemStatus; refusal?: string },
): Promise<void> {
  await db
    .updateTable('bulk_decision_items')
    .set({ status: item.status, refusal: item.refusal ?? null, updated_at: new Date() })
    .where('decision_id', '=', decisionId)
    .execute()
}

export async function refusePending(db: DatabaseConnection, bulkId: string, refusal: string): Promise<void> {
  await db
    .updateTable('bulk_decision_items')
    .set({ status: 'refused', refusal, updated_at: new Date() })
    .where('bulk_id', '=', bulkId)
    .where('status', '=', 'pending')
    .execute()
}

export async function closeBulk(db: DatabaseConnection, bulkId: string): Promise<void> {
  await db
    .updateTable('bulk_decisions')
    .set({ closed_at: sql<Date>`coalesce(closed_at, now())`, updated_at: new Date() })
    .where('id', '=', bulkId)
    .execute()
}

export async function countItems(
  db: DatabaseConnection,
  bulkId: string,
): Promise<Partial<Record<BulkItemStatus, number>>> {
  const rows = await db
    .selectFrom('bulk_decision_items')
    .select(['status', sql<number>`count(*)::integer`.as('items')])
    .where('bulk_id', '=', bulkId)
    .groupBy('status')
    .execute()
  return Object.fromEntries(rows.map(({ status, items }) => [status, items]))
}

export interface UnstartedBulk {
  id: string
  action: DecisionAction
  total: number
}

/**
 * Takes bulk decisions that seem to have no workflow: not started for 2 seconds after they were accepted, or not updated
 * for 60 seconds. A taken one is not taken again for as long, so several processes may call this at once.
 * @param limit the largest number of bulk decisions to take.
 */
export async function takeUnstartedBulks(db: DatabaseConnection, limit: number): Promise<UnstartedBulk[]> {
  const { rows } = await sql<UnstartedBulk>`
    update bulk_decisions set updated_at = now()
    where id in (
      select id from bulk_decisions
      where closed_at is null
        and updated_at < now() - case when started_at is null then interval '2 seconds' else interval '60 seconds' end
      order by updated_at limit ${limit}
      for update skip locked
    )
    returning id, action, total
  `.execute(db)
  return rows
}
