import { type RawBuilder, sql } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { DecisionsTable } from '../database/tables/decision-tables.ts'
import { describeLastDecision, type UndoAnswers } from './decision.ts'
import type { Page } from '../database/list-page.ts'
import type { FieldChange } from '../runs/request-changes.ts'

export interface DecisionRecord {
  id: string
  stepId: string | null
  action: DecisionsTable['action']
  source: DecisionsTable['source']
  actor: string | null
  reason: string | null
  undo: UndoAnswers | null
  changes: FieldChange[]
  revision: number | null
  refusal: string | null
  decidedAt: Date
  takenAt: Date | null
}

export async function listDecisions(
  db: DatabaseConnection,
  runId: string,
  page: Page,
): Promise<DecisionRecord[]> {
  let query = db
    .selectFrom('decisions')
    .select(['id', 'step_id as stepId', 'action', 'source', 'actor', 'reason', 'undo', 'changes', 'revision'])
    .select(['refusal', 'decided_at as decidedAt', 'taken_at as takenAt'])
    .where('run_id', '=', runId)
    .orderBy('id', 'desc')
    .limit(page.limit)
  if (page.after !== undefined) query = query.where('id', '<', page.after)
  return query.execute()
}

/** @returns the refusal, followed by a sentence about the last decision that the run took, if there is one. */
export async function withLastDecision(
  db: DatabaseConnection,
  runId: string,
  refusal: string,
): Promise<string> {
  const last = await db
    .selectFrom('decisions')
    .select(['action', 'step_id as step', 'source', 'actor'])
    .where('run_id', '=', runId)
    .where('taken_at', 'is not', null)
    .orderBy('taken_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return last === undefined ? refusal : `${refusal} ${describeLastDecision(last)}`
}

export async function findDecision(
  db: DatabaseConnection,
  id: string,
): Promise<Pick<DecisionRecord, 'refusal' | 'takenAt'> | undefined> {
  return db
    .selectFrom('decisions')
    .select(['refusal', 'taken_at as takenAt'])
    .where('id', '=', id)
    .executeTakeFirst()
}

/** Whether the run took a decision on the step, or on the run as a whole, after `since`. `stepId` null: on any step. */
export async function wasDecidedSince(
  db: DatabaseConnection,
  { runId, stepId, since }: { runId: string; stepId: string | null; since: Date },
): Promise<boolean> {
  const { rows } = await sql<{ decided: boolean }>`
    select exists (
      select from decisions
      where run_id = ${runId} and taken_at > ${since}
        and (step_id is null or ${stepId}::text is null or step_id = ${stepId})
    ) as decided
  `.execute(db)
  return rows[0]?.decided ?? false
}

/**
 * Whether the journal still has a stuck step that this decision applies to, and the run has taken no other decision on that
 * step since.
 */
export async function isStillOpen(db: DatabaseConnection, decisionId: string): Promise<boolean> {
  const { rows } = await sql<{ open: boolean }>`
    select exists (
      select from step_runs as entry
      where entry.run_id = decision.run_id and entry.status = 'needs_attention'
        and (decision.step_id is null or entry.step_id = decision.step_id)
        and not exists (
          select from step_runs as newer
          where newer.run_id = entry.run_id and newer.step_id = entry.step_id
            and newer.revision > entry.revision)
    ) and not exists (
      select from decisions as other
      where other.run_id = decision.run_id and other.id <> decision.id and other.taken_at > decision.decided_at
        and (other.step_id is null or decision.step_id is null or other.step_id = decision.step_id)
    ) as open
    from decisions as decision where decision.id = ${decisionId}
  `.execute(db)
  return rows[0]?.open ?? false
}

/** Whether a run was cancelled. A stuck step of such a run is stuck in its undo. */
export async function isBeingUndone(db: DatabaseConnection, runId: string): Promise<boolean> {
  const { rows } = await sql<{ undone: boolean }>`
    select ${wasCancelled(sql`${runId}`)} as undone
  `.execute(db)
  return rows[0]?.undone ?? false
}

/** `isBeingUndone` as an SQL condition. @param runId a column or a value. */
export function wasCancelled(runId: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql`exists (
    select from run_events
    where run_id = ${runId} and type = 'onboarding' and data ->> 'status' = 'cancelling')`
}
