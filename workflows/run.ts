import { allHandlersFinished, ApplicationFailure, CancellationScope, condition } from '@temporalio/workflow'
import { messageOf } from '../domain/errors/error-declaration.ts'
import { recordEnding } from './activities.ts'
import { resumeUndo, undoRun } from './compensation.ts'
import { decisionNames, type RunInput, type RunOutcome } from './contract.ts'
import { cancelTooLate, onboardingRefused } from './errors.ts'
import { listenToDecisions } from './listen-to-decisions.ts'
import { createOperatorView } from './operator-view.ts'
import { interpretPlan, type PlanEnd } from './interpret-plan.ts'
import { noteCancel, markAllDone, newRun, type RunState } from './run-state.ts'

const millisecondsPerDay = 24 * 60 * 60 * 1000

/**
 * Carries out one run of any kind by interpreting its run plan. The workflow closes when every step is done or skipped, when the
 * first step refuses the request, or when the run was cancelled and undone.
 * @param input `undoing` is set if an earlier workflow of the run was lost while it undid the run. Then no step is done again.
 * @throws ApplicationFailure `onboarding_refused` when the first step refuses the request.
 */
export async function executeRun(input: RunInput): Promise<RunOutcome> {
  const run = newRun(input.runId, input.plan)
  const { show, showDetails } = createOperatorView(run)
  listenToDecisions(run, showDetails)
  // The button Request Cancellation of the Web UI means the same as the decision to cancel.
  CancellationScope.current().cancelRequested.catch(() => {
    noteCancel(run, { source: 'signal', reason: 'Cancellation was requested.' })
  })
  return CancellationScope.nonCancellable(async () => {
    const { attentionDays, undoing } = input
    const end =
      undoing === undefined
        ? await interpretPlan(run, {
            show,
            ...(attentionDays === undefined ? {} : { attentionTimeout: attentionDays * millisecondsPerDay }),
          })
        : resumeUndo(run, undoing)
    const status = await close(run, end, { undoing, show })
    run.phase = status
    show()
    if (!allHandlersFinished()) await condition(allHandlersFinished)
    if (status === 'failed')
      throw ApplicationFailure.nonRetryable(onboardingRefused.message, onboardingRefused.code)
    return { status }
  })
}

/** @returns the status with which the run ends. A run that completed or failed before a cancel reached it keeps that status. */
async function close(
  run: RunState,
  end: PlanEnd,
  { undoing, show }: { undoing: RunInput['undoing']; show: () => void },
): Promise<RunOutcome['status']> {
  if (end === 'refused') return 'failed'
  if (end === 'done') {
    if (run.completionHeld) {
      // The stored cancel has not reached the run. From here on the run refuses it.
      run.phase = 'completed'
      await recordEnding(run.runId, 'completed')
    }
    return 'completed'
  }
  run.phase = 'cancelling'
  show()
  // The cancel of a resumed undo is recorded already.
  const cancel = undoing === undefined ? run.cancel : undefined
  const recorded = await recordEnding(run.runId, 'cancelling', cancel)
  if (recorded === 'failed' || recorded === 'completed') {
    run.lastRefusal = {
      signal: decisionNames.cancel,
      reason: messageOf(cancelTooLate, { parameters: { status: recorded } }),
    }
    if (recorded === 'completed') markAllDone(run)
    return recorded
  }
  await undoRun(run, show)
  await recordEnding(run.runId, 'cancelled')
  return 'cancelled'
}
