import { recordAttention } from './activities.ts'
import type { FailureSummary } from './contract.ts'
import type { RunState, StepState } from './run-state.ts'

/** Says in the ledger that a step is stuck, where the step itself could not, and takes over how often it was tried. */
export async function recordForStep(
  run: RunState,
  state: StepState,
  failure: FailureSummary,
  show: () => void,
): Promise<void> {
  const recorded = await recordAttention(run.onboardingId, state.step.id, failure)
  // Histories from before it answered have nothing here.
  if (recorded?.attempts === undefined) return
  state.error = { ...failure, attempts: recorded.attempts }
  show()
}
