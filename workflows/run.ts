import { allHandlersFinished, ApplicationFailure, CancellationScope, condition } from '@temporalio/workflow'
import { fill } from '../domain/errors/error-text.ts'
import { recordEnding } from './activities.ts'
import { goOnUndoing, undoRun } from './compensation.ts'
import { operations, type RunInput, type RunOutcome } from './contract.ts'
import { cancelTooLate, onboardingRefused } from './errors.ts'
import { listenToDecisions } from './listen-to-decisions.ts'
import { createOperatorView } from './operator-view.ts'
import { type PipelineEnd, runPipeline } from './interpret-plan.ts'
import { noteCancel, markAllDone, newRun, type RunState } from './run-state.ts'

const millisecondsPerDay = 24 * 60 * 60 * 1000

/**
 * Carries out one request of any kind by interpreting the plan it is given. Ends when every step is done or skipped, when
 * the request is refused, or when it was cancelled and undone; until then it stays open. One that was being undone when its
 * workflow was lost is not done again.
 * @throws ApplicationFailure `onboarding_refused` when the first step refuses the request.
 */
export async function executeRun(input: RunInput): Promise<RunOutcome> {
  const run = newRun(input.runId, input.plan)
  const { show, showWords } = createOperatorView(run)
  listenToDecisions(run, showWords)
  // The Web UI's own Cancel button means the same as our operation.
  CancellationScope.current().cancelRequested.catch(() => {
    noteCancel(run, { source: 'signal', reason: 'Cancellation was requested.' })
  })
  return CancellationScope.nonCancellable(async () => {
    const { attentionDays, undoing } = input
    const end =
      undoing === undefined
        ? await runPipeline(run, {
            show,
            ...(attentionDays === undefined ? {} : { attentionTimeout: attentionDays * millisecondsPerDay }),
          })
        : goOnUndoing(run, undoing)
    const status = await close(run, end, { undoing, show })
    run.phase = status
    show()
    if (!allHandlersFinished()) await condition(allHandlersFinished)
    if (status === 'failed')
      throw ApplicationFailure.nonRetryable(onboardingRefused.message, onboardingRefused.code)
    return { status }
  })
}

/** @returns how the run ended. One whose last step was done, or refused, before it heard of a cancel has ended as that. */
async function close(
  run: RunState,
  end: PipelineEnd,
  { undoing, show }: { undoing: RunInput['undoing']; show: () => void },
): Promise<RunOutcome['status']> {
  if (end === 'refused') return 'failed'
  if (end === 'done') {
    if (run.completionHeld) await complete(run)
    return 'completed'
  }
  run.phase = 'cancelling'
  show()
  // What was taken up again is on record.
  const cancel = undoing === undefined ? run.cancel : undefined
  const stands = await recordEnding(run.runId, 'cancelling', cancel)
  if (stands === 'failed' || stands === 'completed') {
    run.lastRefusal = { signal: operations.cancel, reason: fill(cancelTooLate.message, { status: stands }) }
    if (stands === 'completed') markAllDone(run)
    return stands
  }
  await undoRun(run, show)
  await recordEnding(run.runId, 'cancelled')
  return 'cancelled'
}

/** The cancel that the ledger waited for has not come. From here on it is refused, so that whoever made it hears that. */
async function complete(run: RunState): Promise<void> {
  run.phase = 'completed'
  await recordEnding(run.runId, 'completed')
}
