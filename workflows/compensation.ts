import { condition } from '@temporalio/workflow'
import { recordAttention, recordRetry, undoStep } from './activities.ts'
import { explain } from './failures.ts'
import { type RunState, type StepState, takeDecision } from './run-state.ts'

/**
 * Undoes a run, last step first. Every step that was started is asked, not only those known to be done: an attempt
 * whose outcome is unknown may have had its effect. A step that can't be undone waits for a person.
 */
export async function undoRun(run: RunState, show: () => void): Promise<void> {
  for (const state of [...run.steps].reverse()) {
    if (state.status === 'pending' || state.status === 'skipped') continue
    if (policyFor(run, state) === 'undo') await undo(run, state, show)
  }
}

/** A step that asks, in a run that nobody cancelled by name, is kept: undoing it is the choice that can't be taken back. */
function policyFor(run: RunState, { step }: StepState): 'undo' | 'keep' {
  return step.undo === 'ask' ? (run.cancel?.undo?.[step.id] ?? 'keep') : step.undo
}

async function undo(run: RunState, state: StepState, show: () => void): Promise<void> {
  const before = state.status
  for (;;) {
    try {
      const result = await undoStep(run.onboardingId, state.step)
      state.status = result === 'compensated' ? 'compensated' : before === 'done' ? 'done' : 'pending'
      delete state.error
      show()
      return
    } catch (error) {
      const { recorded, refused: _, ...failure } = explain(error)
      state.status = 'needs_attention'
      state.error = failure
      delete state.decision
      show()
      if (!recorded && (await recordAttention(run.onboardingId, state.step.id, failure)) === 'finished')
        continue
      await condition(() => state.decision === 'retry')
      takeDecision(state)
      await recordRetry(run.onboardingId, state.step.id, 'cancelling')
    }
  }
}
