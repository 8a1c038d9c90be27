import { setTimeout as delay } from 'node:timers/promises'
import type { DatabaseConnection } from '../domain/database/connection.ts'
import { isStillOpen } from '../domain/decisions/read-decisions.ts'
import { type NewDecision, refuseDecision, writeDecision } from '../domain/decisions/take-decision.ts'
import { closedStatuses, type RunStep, type Run } from '../domain/runs/run-record.ts'
import type { LockedRun } from '../domain/runs/step-journal.ts'
import { withLastDecision } from '../domain/decisions/last-decision.ts'
import type { SendOutcome, WrittenDecision } from './send-decision.ts'

export interface SendDependencies {
  db: DatabaseConnection
  sendDecision(run: Pick<Run, 'kind' | 'id'>, decision: WrittenDecision): Promise<SendOutcome>
}

export const noWorkflow = 'The run had no open workflow, so it could not receive the decision.'

// A run that has to be replayed on another worker takes a few seconds to know what the ledger knows.
const contradictionPatience = 6_000
const pause = 100

/**
 * Makes a decision on a run: writes it down, hands it to the workflow, and notes when it was not taken. Of two that are made
 * at the same moment the workflow takes one.
 * @param about the stuck steps it is about, as whoever decides saw them.
 */
export async function makeDecision(
  dependencies: SendDependencies,
  run: Run,
  decision: Omit<NewDecision, 'runId'>,
  about: readonly RunStep[],
): Promise<SendOutcome> {
  const { db } = dependencies
  const written = { ...decision, runId: run.id }
  const id = await writeDecision(db, written, (now) => isAsSeen(now, decision.action, about))
  if (id === undefined) {
    const reason = await withLastDecision(db, run.id, 'The run has changed since you decided.')
    return { outcome: 'refused', reason }
  }
  const { action, stepId: step, undo, actor } = decision
  const stuck = action === 'cancel' ? about.map(({ planned }) => planned.id) : undefined
  return sendWrittenDecision(dependencies, run, { id, action, step, undo, stuck, actor })
}

/** As `makeDecision`, for a decision that is written down. Doing it again is the same decision. */
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

/** A step that was tried again meanwhile is stuck anew: that is for somebody to look at before they makeDecision on it. */
function isAsSeen(
  { status, entries }: LockedRun,
  action: NewDecision['action'],
  about: readonly RunStep[],
): boolean {
  const isStuckAsSeen = ({ planned, revision, attempts }: RunStep) => {
    const now = entries.get(planned.id)
    return now?.status === 'needs_attention' && now.revision === revision && now.attempts === attempts
  }
  if (action !== 'cancel') return about.some(isStuckAsSeen)
  return status !== 'cancelling' && !closedStatuses.includes(status) && about.every(isStuckAsSeen)
}

/**
 * The ledger says that a step is stuck a moment before its run knows, and longer when a worker died in between. So a
 * refusal counts only when the ledger bears it out, or goes on contradicting it.
 */
async function sendPatiently(
  { db, sendDecision }: SendDependencies,
  run: Pick<Run, 'kind' | 'id'>,
  decision: WrittenDecision,
): Promise<SendOutcome> {
  const deadline = Date.now() + contradictionPatience
  for (;;) {
    const result = await sendDecision(run, decision)
    if (result.outcome !== 'refused' || !result.mayNotHaveHeard || Date.now() > deadline) return result
    if (!(await isStillOpen(db, decision.id))) return result
    await delay(pause)
    if (!(await isStillOpen(db, decision.id))) return result
  }
}
