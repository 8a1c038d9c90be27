import { sql, type Transaction } from 'kysely'
import type { DatabaseConnection } from '../database/connection.ts'
import type { Database } from '../database/tables.ts'
import type { DecisionAction, TakenDecision, UndoAnswers } from './decision.ts'
import { newId } from '../ids.ts'
import type { FieldChange } from '../runs/request-changes.ts'
import { lockRun, type LockedRun } from '../runs/step-journal.ts'

/** A decision through the API, to be stored. */
export interface NewDecision {
  /** The id of the decision, when a bulk decision has assigned it. Default: a new id. */
  id?: string | undefined
  source?: 'api' | 'bulk' | undefined
  runId: string
  action: DecisionAction
  /** Left out: every stuck step, or the run as a whole. */
  stepId?: string | undefined
  actor: string
  reason?: string | undefined
  undo?: UndoAnswers | undefined
  /** The correction of the request. The run applies it when it takes the decision. */
  changes?: readonly FieldChange[] | undefined
}

/**
 * Stores a decision before it is sent to the run, so that it is in the audit trail whatever its outcome is.
 * @param isUnchanged returns whether the run is still in the state in which the person decided.
 * @returns the id of the decision; undefined when the run has changed since.
 */
export async function writeDecision(
  db: DatabaseConnection,
  decision: NewDecision,
  isUnchanged: (run: LockedRun) => boolean,
): Promise<string | undefined> {
  const { id = newId('dec'), source = 'api' } = decision
  return db.transaction().execute(async (transaction) => {
    const run = await lockRun(transaction, decision.runId)
    if (!isUnchanged(run)) return undefined
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
        // Not now(), which is the start of the transaction: other decisions may have been stored during the wait for the lock.
        decided_at: sql<Date>`clock_timestamp()`,
      })
      .execute()
    return id
  })
}

export interface AskedCorrection {
  decisionId: string
  changes: FieldChange[]
}

/** Records why the run did not take a decision. A decision that the run has taken is not changed. */
export async function refuseDecision(db: DatabaseConnection, id: string, refusal: string): Promise<void> {
  await db
    .updateTable('decisions')
    .set({ refusal })
    .where('id', '=', id)
    .where('taken_at', 'is', null)
    .execute()
}

/** Refuses the decisions that a run did not take before it closed. */
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

export interface Taking {
  /** The run has acted on this decision before, so all its effects are recorded. */
  repeated: boolean
  correction?: AskedCorrection
}

/**
 * Records that a run acts on a decision. A decision by signal or by the clock is stored only here. A second call for the same
 * step, for example by an attempt that Temporal gave up on, returns `repeated`.
 * @param of `workflowRunId` is Temporal's id of the workflow run, which numbers its decisions. `stepId` is the step that is
 * acted on; left out, the run as a whole.
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
      // The sender may have recorded a refusal, because the answer of the run came too late.
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
  if (decision.id !== undefined && (await isStored(transaction, decision.id))) return { repeated: true }
  const stored = await transaction
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
  return { repeated: stored === undefined }
}

function isNew(subject: string) {
  return sql<boolean>`not ${subject}::text = any (decisions.acted_on)`
}

async function isStored(transaction: Transaction<Database>, id: string): Promise<boolean> {
  const row = await transaction.selectFrom('decisions').select('id').where('id', '=', id).executeTakeFirst()
  return row !== undefined
}

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
