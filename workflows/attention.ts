import { condition } from '@temporalio/workflow'
import type { TakenDecision } from '../domain/decisions/decision.ts'
import { recordAttention } from './activities.ts'
import type { AttentionOutcome, FailureSummary } from './contract.ts'
import { type RunState, type StepState, claimDecision } from './run-state.ts'

/**
 * Says in the ledger that a step is stuck, where the step itself could not, and takes over how often it was tried.
 * @returns `finished` when the step is done, or undone, after all.
 */
export async function recordForStep(
  run: RunState,
  state: StepState,
  failure: FailureSummary,
  show: () => void,
): Promise<AttentionOutcome['outcome']> {
  const recorded = await recordAttention(run.runId, state.step.id, failure)
  if (recorded.outcome === 'finished') return 'finished'
  state.error = { ...failure, attempts: recorded.attempts }
  show()
  return 'recorded'
}

/** Waits until there is a decision on the step, and takes it. */
export async function decisionOn(state: StepState): Promise<TakenDecision> {
  for (;;) {
    await condition(() => state.decision !== undefined)
    const decision = claimDecision(state)
    if (decision !== undefined) return decision
  }
}
