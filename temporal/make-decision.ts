import { setTimeout as delay } from 'node:timers/promises'
import type { DatabaseConnection } from '../domain/database/connection.ts'
import { isStillOpen } from '../domain/decisions/read-decisions.ts'
import { type NewDecision, refuseDecision, writeDecision } from '../domain/decisions/take-decision.ts'
import { finalStatuses, type OnboardingStep, type Run } from '../domain/runs/run-record.ts'
import type { LockedOnboarding } from '../domain/runs/step-journal.ts'
import { withLastDecision } from '../domain/decisions/last-decision.ts'
import type { HandOverOutcome, WrittenDecision } from './send-decision.ts'

export interface DecideDependencies {
  db: DatabaseConnection
  handOver(run: Pick<Run, 'kind' | 'id'>, decision: WrittenDecision): Promise<HandOverOutcome>
}

export const noWorkflow = 'No workflow of this run was open.'

// A run that has to be replayed on another worker takes a few seconds to know what the ledger knows.
const contradictionPatience = 6_000
const pause = 100

/**
 * Makes a decision on a run: writes it down, hands it to the workflow, and notes when it was not taken. Of two that are made
 * at the same moment the workflow takes one.
 * @param about the stuck steps it is about, as whoever decides saw them.
 */
export async function decide(
  dependencies: DecideDependencies,
  run: Run,
  decision: Omit<NewDecision, 'onboardingId'>,
  about: readonly OnboardingStep[],
): Promise<HandOverOutcome> {
  const { db } = dependencies
  const written = { ...decision, onboardingId: run.id }
  const id = await writeDecision(db, written, (now) => isAsSeen(now, decision.action, about))
  if (id === undefined) {
    const reason = await withLastDecision(db, run.id, 'It is not as it was when you decided.')
    return { outcome: 'refused', reason }
  }
  const { action, stepId: step, undo, actor } = decision
  const stuck = action === 'cancel' ? about.map(({ planned }) => planned.id) : undefined
  return handOverWritten(dependencies, run, { id, action, step, undo, stuck, actor })
}

/** As `decide`, for a decision that is written down. Doing it again is the same decision. */
export async function handOverWritten(
  dependencies: DecideDependencies,
  run: Pick<Run, 'kind' | 'id'>,
  decision: WrittenDecision,
): Promise<HandOverOutcome> {
  const result = await handOverPatiently(dependencies, run, decision)
  if (result.outcome === 'refused') await refuseDecision(dependencies.db, decision.id, result.reason)
  if (result.outcome === 'not_running') await refuseDecision(dependencies.db, decision.id, noWorkflow)
  return result
}

/** A step that was tried again meanwhile is stuck anew: that is for somebody to look at before they decide on it. */
function isAsSeen(
  { status, runs }: LockedOnboarding,
  action: NewDecision['action'],
  about: readonly OnboardingStep[],
): boolean {
  const isStuckAsSeen = ({ planned, revision, attempts }: OnboardingStep) => {
    const now = runs.get(planned.id)
    return now?.status === 'needs_attention' && now.revision === revision && now.attempts === attempts
  }
  if (action !== 'cancel') return about.some(isStuckAsSeen)
  return status !== 'cancelling' && !finalStatuses.includes(status) && about.every(isStuckAsSeen)
}

/**
 * The ledger says that a step is stuck a moment before its run knows, and longer when a worker died in between. So a
 * refusal counts only when the ledger bears it out, or goes on contradicting it.
 */
async function handOverPatiently(
  { db, handOver }: DecideDependencies,
  run: Pick<Run, 'kind' | 'id'>,
  decision: WrittenDecision,
): Promise<HandOverOutcome> {
  const deadline = Date.now() + contradictionPatience
  for (;;) {
    const result = await handOver(run, decision)
    if (result.outcome !== 'refused' || !result.mayNotHaveHeard || Date.now() > deadline) return result
    if (!(await isStillOpen(db, decision.id))) return result
    await delay(pause)
    if (!(await isStillOpen(db, decision.id))) return result
  }
}
