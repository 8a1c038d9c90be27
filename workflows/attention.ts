import { recordAttention } from './activities.ts'
import type { AttentionOutcome, FailureSummary } from './contract.ts'
import type { RunState, StepState } from './run-state.ts'

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
  const recorded = await recordAttention(run.onboardingId, state.step.id, failure)
  // Histories from before it answered have nothing here.
  if (recorded?.attempts === undefined) return 'recorded'
  if (recorded.outcome === 'finished') return 'finished'
  state.error = { ...failure, attempts: recorded.attempts }
  show()
  return 'recorded'
}
