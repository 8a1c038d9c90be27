import { setTimeout as delay } from 'node:timers/promises'
import type { DatabaseConnection } from '../domain/database/connection.ts'
import { isStillOpen, withLastDecision } from '../domain/decisions/read-decisions.ts'
import { type NewDecision, refuseDecision, writeDecision } from '../domain/decisions/take-decision.ts'
import { closedStatuses, type RunStep, type Run } from '../domain/runs/run-record.ts'
import type { LockedRun } from '../domain/runs/step-journal.ts'
import type { SendOutcome, WrittenDecision } from './send-decision.ts'

export interface SendDependencies {
  db: DatabaseConnection
  sendDecision(run: Pick<Run, 'kind' | 'id'>, decision: WrittenDecision): Promise<SendOutcome>
}

export const noWorkflow = 'The run had no open workflow, so it could not receive the decision.'

/** The milliseconds for which a refusal may contradict the step journal: a workflow replays on another worker within seconds. */
const contradictionPatience = 6_000
const pause = 100

/**
 * Makes a decision on a run: stores it, sends it to the workflow, and stores a refusal. Of two decisions at the same moment, the
 * workflow takes one.
 * @param about the stuck steps that the decision is about, as the person saw them. A step that has changed since is a refusal.
 * @returns the result; a refusal carries its reason.
 */
export async function makeDecision(
  dependencies: SendDependencies,
  run: Run,
  decision: Omit<NewDecision, 'runId'>,
  about: readonly RunStep[],
): Promise<SendOutcome> {
  const { db } = dependencies
  const stored = { ...decision, runId: run.id }
  const id = await writeDecision(db, stored, (now) => isUnchanged(now, decision.action, about))
  if (id === undefined) {
    const reason = await withLastDecision(db, run.id, 'The run has changed since you decided.')
    return { outcome: 'refused', reason }
  }
  const { action, stepId: step, undo, actor } = decision
  const stuck = action === 'cancel' ? about.map(({ planned }) => planned.id) : undefined
  return sendWrittenDecision(dependencies, run, { id, action, step, undo, stuck, actor })
}

/** Sends a decision that is stored already, and stores a refusal. Sent again, it is the same decision. */
export async function sendWrittenDecision(
  dependencies: SendDependencies,
  run: Pick<Run, 'kind' | 'id'>,
  decision: WrittenDecision,
): Promise<SendOutcome> {
  const result = await sendPatiently(dependencies, run, decision)
  if (result.outcome === 'refused') await refuseDecision(dependencies.db, decision.id, result.reason)
  if (result.outcome === 'not_running') await refuseDecision(dependencies.db, decision.id, noWorkflow)
  return result
}

/** Whether the steps are stuck as the person saw them. A step that was tried again and is stuck again needs a new decision. */
function isUnchanged(
  { status, entries }: LockedRun,
  action: NewDecision['action'],
  about: readonly RunStep[],
): boolean {
  const isStillStuck = ({ planned, revision, attempts }: RunStep) => {
    const now = entries.get(planned.id)
    return now?.status === 'needs_attention' && now.revision === revision && now.attempts === attempts
  }
  if (action !== 'cancel') return about.some(isStillStuck)
  return status !== 'cancelling' && !closedStatuses.includes(status) && about.every(isStillStuck)
}

/**
 * Sends a decision until the workflow knows that the step is stuck. The step journal knows it a moment earlier, or some seconds
 * earlier if a worker died in between. A refusal counts when the step journal agrees with it, or when the patience has ended.
 */
async function sendPatiently(
  { db, sendDecision }: SendDependencies,
  run: Pick<Run, 'kind' | 'id'>,
  decision: WrittenDecision,
): Promise<SendOutcome> {
  const deadline = Date.now() + contradictionPatience
  for (;;) {
    const result = await sendDecision(run, decision)
    if (result.outcome !== 'refused' || !result.mayNotKnow || Date.now() > deadline) return result
    if (!(await isStillOpen(db, decision.id))) return result
    await delay(pause)
    if (!(await isStillOpen(db, decision.id))) return result
  }
}
