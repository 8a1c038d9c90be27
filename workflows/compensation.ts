import { recordRetry, recordSkip, callUndo } from './activities.ts'
import { recordStuckStep, waitForDecision } from './attention.ts'
import type { UndoAnswers } from '../domain/decisions/decision.ts'
import { explain } from './explain-failure.ts'
import { type RunState, type StepState, waitForPerson } from './run-state.ts'

/**
 * Undoes the steps of a run in reverse order. This includes every step that began, because an attempt with an unknown outcome may
 * have had its effect. A step that fails to be undone waits for a person, who retries it or leaves it as it is.
 * @param show called after every change that an operator should see.
 */
export async function undoRun(run: RunState, show: () => void): Promise<void> {
  for (const state of [...run.steps].reverse()) {
    if (!hasBegun(state) || state.status === 'skipped') continue
    if (policyFor(run, state) === 'undo') await undo(run, state, show)
    else keep(state)
  }
}

/** A pending step may have been done by an inline activity whose result was lost. */
function hasBegun({ status, begunInline }: StepState): boolean {
  return status !== 'pending' || begunInline === true
}

/**
 * Prepares a run whose earlier workflow was lost while it undid the run. Every step that may have to be undone counts as begun; its
 * activity reads from the step journal whether there is something to undo.
 */
export function resumeUndo(run: RunState, answers: UndoAnswers): 'cancel' {
  run.cancel = { action: 'cancel', source: 'api', number: run.decisions, undo: answers }
  for (const state of run.steps) if (policyFor(run, state) === 'undo') state.status = 'running'
  return 'cancel'
}

/** Without an answer, a step whose policy is `ask` is kept: it can still be undone by hand, but an undo is final. */
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
      if (!recorded && (await recordStuckStep(run, state, failure, show)) === 'finished') continue
      const decision = await waitForDecision(state)
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
