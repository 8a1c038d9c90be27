import { recordRetry, recordSkip, callUndo } from './activities.ts'
import { decisionOn, recordForStep } from './attention.ts'
import type { UndoAnswers } from '../domain/decisions/decision.ts'
import { explain } from './explain-failure.ts'
import { type RunState, type StepState, waitForPerson } from './run-state.ts'

/**
 * Undoes a run, last step first. Every step that was begun is asked, not only those known to be done: an attempt
 * whose outcome is unknown may have had its effect. A step that can't be undone waits for a person, who has it tried again
 * or leaves it as it is.
 */
export async function undoRun(run: RunState, show: () => void): Promise<void> {
  for (const state of [...run.steps].reverse()) {
    if (!hasBegun(state) || state.status === 'skipped') continue
    if (policyFor(run, state) === 'undo') await undo(run, state, show)
    else keep(state)
  }
}

/** A step that waits for others now may have been done by inline steps whose answer was lost. */
function hasBegun({ status, begunInline }: StepState): boolean {
  return status !== 'pending' || begunInline === true
}

/**
 * Takes up the undoing of a run whose workflow was lost. Of each step that may have to be undone the ledger knows what is left
 * to do.
 */
export function goOnUndoing(run: RunState, answers: UndoAnswers): 'cancel' {
  run.cancel = { action: 'cancel', source: 'api', number: run.decisions, undo: answers }
  for (const state of run.steps) if (policyFor(run, state) === 'undo') state.status = 'running'
  return 'cancel'
}

/** A step that asks, in a run that nobody cancelled by name, is kept: undoing it is the choice that can't be taken back. */
function policyFor(run: RunState, { step }: StepState): 'undo' | 'keep' {
  return step.undo === 'ask' ? (run.cancel?.undo?.[step.id] ?? 'keep') : step.undo
}

async function undo(run: RunState, state: StepState, show: () => void): Promise<void> {
  const before = state.status
  for (;;) {
    try {
      const result = await callUndo(run.runId, state.step)
      state.status = result === 'compensated' ? 'compensated' : before === 'done' ? 'done' : 'pending'
      if (state.status === 'done') state.stays = 'not_undoable'
      delete state.error
      show()
      return
    } catch (error) {
      const { recorded, refused: _, ...failure } = explain(error)
      delete state.decision
      waitForPerson(state)
      state.error = failure
      show()
      if (!recorded && (await recordForStep(run, state, failure, show)) === 'finished') continue
      const decision = await decisionOn(state)
      if (decision.action === 'skip') {
        await recordSkip(run.runId, state.step.id, { phase: 'cancelling', decision })
        state.status = before === 'done' ? 'done' : 'pending'
        state.stays = 'left_by_person'
        delete state.error
        show()
        return
      }
      await recordRetry(run.runId, state.step.id, { phase: 'cancelling', decision })
    }
  }
}

function keep(state: StepState): void {
  if (state.step.readOnly) return
  if (state.status === 'done') state.stays = state.step.undo === 'ask' ? 'kept_by_choice' : 'kept_by_policy'
  else if ((state.error ?? state.failedInline)?.class === 'unknown_outcome') state.stays = 'outcome_unknown'
}
