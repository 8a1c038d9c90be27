import {
  ActivityCancellationType,
  proxyActivities,
  proxyLocalActivities,
  scheduleActivity,
} from '@temporalio/workflow'
import type { TakenDecision } from '../domain/decisions/decision.ts'
import type { PlannedStep } from '../domain/runs/run-plan.ts'
import type { Activities, DecidedStep, EndingCall, StepActivity, UndoActivity } from './activity-types.ts'
import { type FailureSummary, outcomePatience, type StepCall, undoActivity } from './contract.ts'

/** Milliseconds after `step.timeout` in which the activity can record the outcome of its attempt. */
const recordingMargin = outcomePatience + 10_000
const transactionTimeout = 8_000

const { 'inline-steps': inlineSteps } = proxyLocalActivities<Activities>({
  startToCloseTimeout: transactionTimeout,
  retry: { maximumAttempts: 1 },
})

/** Temporal retries these activities without end: a step whose failure is not recorded would not be shown as stuck. */
const journal = proxyActivities<Activities>({
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
})

/** @throws ActivityFailure when the transaction of the transactional steps failed. */
export function callInlineSteps(runId: string, steps: PlannedStep[]) {
  const external = steps.filter((step) => step.placement === 'external')
  const options = {
    startToCloseTimeout: external.reduce(
      (sum, step) => sum + step.timeout + recordingMargin,
      transactionTimeout,
    ),
    summary: `Inline steps: ${steps.map((step) => step.title.toLowerCase()).join(', ')}`,
  }
  return inlineSteps.executeWithOptions(options, [{ runId, steps }])
}

/** @returns undefined, or what the step journal adds to "done". */
export function callStep(runId: string, step: PlannedStep) {
  return scheduleStep<StepActivity>(step.id, { runId, step }, step.title)
}

export function callUndo(runId: string, step: PlannedStep) {
  const summary = `Undo: ${step.title.toLowerCase()}`
  return scheduleStep<UndoActivity>(undoActivity(step.id), { runId, step }, summary)
}

/** The activity type comes from the run plan, so `proxyActivities` has no property for it. */
function scheduleStep<Activity extends StepActivity | UndoActivity>(
  name: string,
  call: StepCall,
  summary: string,
) {
  const { timeout, heartbeatTimeout, retry } = call.step
  return scheduleActivity<Awaited<ReturnType<Activity>>>(name, [call], {
    startToCloseTimeout: timeout + recordingMargin,
    heartbeatTimeout,
    retry,
    // The result of a running attempt must be known before any step is undone.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    summary,
  })
}

export function recordAttention(runId: string, stepId: string, failure: FailureSummary) {
  const summary = `Record that ${stepId} needs attention`
  return journal['record-attention'].executeWithOptions({ summary }, [{ runId, stepId, failure }])
}

interface StepDecision {
  phase: DecidedStep['phase']
  decision: TakenDecision
}

export function recordRetry(runId: string, stepId: string, { phase, decision }: StepDecision) {
  const summary = `Record the decision to retry ${stepId}`
  const call = { runId, stepId, phase }
  return journal['record-retry'].executeWithOptions({ summary }, [call, decision])
}

/** @returns undefined, or what the step journal adds to "skipped". */
export function recordSkip(runId: string, stepId: string, { phase, decision }: StepDecision) {
  const effect = phase === 'cancelling' ? `leave ${stepId} as it is` : `skip ${stepId}`
  const summary = `Record the decision to ${effect}`
  const call = { runId, stepId, phase }
  return journal['record-skip'].executeWithOptions({ summary }, [call, decision])
}

/** @param decision the cancel, unless it is recorded already. @returns the status that the run has now. */
export function recordEnding(runId: string, status: EndingCall['status'], decision?: TakenDecision) {
  const summary = `Record the status of the run: ${status}`
  return journal['record-ending'].executeWithOptions({ summary }, [{ runId, status }, decision])
}
