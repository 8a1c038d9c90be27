import { sql, type Transaction } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Database } from '../database/tables.ts'
import type { DecisionAction, TakenDecision, UndoAnswers } from './decision.ts'
import { newId } from '../ids.ts'
import type { FieldChange } from '../runs/request-changes.ts'
import { lockRun, type LockedRun } from '../runs/step-journal.ts'

/** A decision that somebody makes through the API. */
export interface NewDecision {
  /** Given out before, where it is one of many. */
  id?: string | undefined
  source?: 'api' | 'bulk' | undefined
  runId: string
  action: DecisionAction
  /** Left out: every step that is stuck, or the run as a whole. */
  stepId?: string | undefined
  /** The id of an API key. */
  actor: string
  reason?: string | undefined
  undo?: UndoAnswers | undefined
  /** The correction of the request, which the run makes when it takes the decision. */
  changes?: readonly FieldChange[] | undefined
}

/**
 * Writes a decision down, before the run is told of it, so that whatever becomes of it somebody can be asked.
 * @param isStillSo whether the run is as it was when the person decided.
 * @returns its id, or undefined when the run has gone on since.
 */
export async function writeDecision(
  db: DatabaseConnection,
  decision: NewDecision,
  isStillSo: (onboarding: LockedRun) => boolean,
): Promise<string | undefined> {
  const { id = newId('dec'), source = 'api' } = decision
  return db.transaction().execute(async (transaction) => {
    const onboarding = await lockRun(transaction, decision.runId)
    if (!isStillSo(onboarding)) return undefined
    const { undo, changes = [] } = decision
    await transaction
      .insertInto('decisions')
      .values({
        id,
        run_id: decision.runId,
        action: decision.action,
        step_id: decision.stepId ?? null,
        source,
        actor: decision.actor,
        reason: decision.reason ?? null,
        undo: undo === undefined ? null : JSON.stringify(undo),
        changes: JSON.stringify(changes),
        // Not when the transaction began: others may have decided while this one waited for the row.
        decided_at: sql<Date>`clock_timestamp()`,
      })
      .execute()
    return id
  })
}

/** A correction of the request that a decision came with. */
export interface AskedCorrection {
  decisionId: string
  changes: FieldChange[]
}

/** Notes that the run did not take a decision, and why. What it took stays taken. */
export async function refuseDecision(db: DatabaseConnection, id: string, refusal: string): Promise<void> {
  await db
    .updateTable('decisions')
    .set({ refusal })
    .where('id', '=', id)
    .where('taken_at', 'is', null)
    .execute()
}

/** Refuses what a run was told of and did not act on before it ended. */
export async function refuseOvertaken(
  transaction: Transaction<Database>,
  runId: string,
  refusal: string,
): Promise<void> {
  await transaction
    .updateTable('decisions')
    .set({ refusal })
    .where('run_id', '=', runId)
    .where('taken_at', 'is', null)
    .where('refusal', 'is', null)
    .execute()
}

/** What a run finds when it acts on a decision. */
export interface Taking {
  /** It has acted on this decision before, so all that follows from it is done. */
  repeated: boolean
  /** The correction that came with it, if one did. */
  correction?: AskedCorrection
}

/**
 * Notes that the run acts on a decision; one that was typed into Temporal, and the clock's, is written down only now. An attempt
 * that was given up on may come to it long after the one that was waited for, and finds that it is repeated.
 * @param of the workflow's run, which counts its decisions, and the step that is acted on; left out, it is the run as a whole.
 */
export async function takeDecision(
  transaction: Transaction<Database>,
  decision: TakenDecision,
  of: { runId: string; workflowRunId: string; stepId?: string | undefined; revision: number | null },
): Promise<Taking> {
  const subject = of.stepId ?? '*'
  const taken = await transaction
    .updateTable('decisions')
    .set({
      taken_at: sql<Date>`coalesce(taken_at, clock_timestamp())`,
      // An answer that came too late said otherwise.
      refusal: null,
      revision: sql<number>`coalesce(revision, ${of.revision}::integer)`,
      acted_on: sql<string[]>`acted_on || ${subject}::text`,
    })
    .where('id', '=', decision.id ?? '')
    .where('run_id', '=', of.runId)
    .where(isNew(subject))
    .returning(['id', 'changes'])
    .executeTakeFirst()
  if (taken !== undefined) {
    const { id, changes } = taken
    return { repeated: false, ...(changes.length === 0 ? {} : { correction: { decisionId: id, changes } }) }
  }
  if (decision.id !== undefined && (await isWritten(transaction, decision.id))) return { repeated: true }
  const written = await transaction
    .insertInto('decisions')
    .values({
      id: newId('dec'),
      run_id: of.runId,
      action: decision.action,
      step_id: decision.step ?? null,
      source: decision.source === 'clock' ? 'clock' : 'signal',
      signal_key: `${of.workflowRunId} ${decision.number}`,
      actor: decision.actor ?? null,
      reason: decision.reason ?? null,
      undo: decision.undo === undefined ? null : JSON.stringify(decision.undo),
      revision: of.revision,
      taken_at: sql<Date>`clock_timestamp()`,
      acted_on: sql<string[]>`array[${subject}::text]`,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['run_id', 'signal_key'])
        .where('signal_key', 'is not', null)
        .doUpdateSet({ acted_on: sql<string[]>`decisions.acted_on || ${subject}::text` })
        .where(isNew(subject)),
    )
    .returning('id')
    .executeTakeFirst()
  return { repeated: written === undefined }
}

function isNew(subject: string) {
  return sql<boolean>`not ${subject}::text = any (decisions.acted_on)`
}

async function isWritten(transaction: Transaction<Database>, id: string): Promise<boolean> {
  const row = await transaction.selectFrom('decisions').select('id').where('id', '=', id).executeTakeFirst()
  return row !== undefined
}

/** Notes what a correction really changed, and which revision of the step it opened. */
export async function recordCorrection(
  transaction: Transaction<Database>,
  id: string,
  made: { changes: readonly FieldChange[]; revision: number },
): Promise<void> {
  await transaction
    .updateTable('decisions')
    .set({ changes: JSON.stringify(made.changes), revision: made.revision })
    .where('id', '=', id)
    .execute()
}
