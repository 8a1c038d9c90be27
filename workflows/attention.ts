import { condition } from '@temporalio/workflow'
import type { TakenDecision } from '../domain/decisions/decision.ts'
import { recordAttention } from './activities.ts'
import type { AttentionOutcome, FailureSummary } from './contract.ts'
import { type RunState, type StepState, claimDecision } from './run-state.ts'

/**
 * Records in the step journal that a step is stuck, if its activity could not. Copies the number of attempts from the journal.
 * @param show called when the number of attempts is known.
 * @returns `finished` if the step turned out to be done or undone.
 */
export async function recordStuckStep(
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

export async function waitForDecision(state: StepState): Promise<TakenDecision> {
  for (;;) {
    await condition(() => state.decision !== undefined)
    const decision = claimDecision(state)
    if (decision !== undefined) return decision
  }
}
