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

/** The body stops itself at `step.timeout`; the margin lets it record what came of it. */
const recordingMargin = outcomePatience + 10_000
const transactionTimeout = 8_000

const { 'inline-steps': inlineSteps } = proxyLocalActivities<Activities>({
  startToCloseTimeout: transactionTimeout,
  retry: { maximumAttempts: 1 },
})

/** Recording must not give up: without it nobody would see that a step is stuck. */
const journal = proxyActivities<Activities>({
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
})

/** The leading transactional steps in one transaction, then each external one once. Throws when the transaction failed. */
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

/** Answers only where there is something to say. */
export function callStep(runId: string, step: PlannedStep) {
  return scheduleStep<StepActivity>(step.id, { runId, step }, step.title)
}

export function callUndo(runId: string, step: PlannedStep) {
  const summary = `Undo: ${step.title.toLowerCase()}`
  return scheduleStep<UndoActivity>(undoActivity(step.id), { runId, step }, summary)
}

/** Only the plan knows the names of these activities, so that no proxy can have them as its properties. */
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
    // The effect of an attempt under way must be known before anything is undone.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    summary,
  })
}

export function recordAttention(runId: string, stepId: string, failure: FailureSummary) {
  const summary = `Say that ${stepId} needs attention`
  return journal['record-attention'].executeWithOptions({ summary }, [{ runId, stepId, failure }])
}

/** A decision that the journal records, and whether the run is being done or undone. */
interface Acted {
  phase: DecidedStep['phase']
  decision: TakenDecision
}

export function recordRetry(runId: string, stepId: string, { phase, decision }: Acted) {
  const summary = `Open ${stepId} for another try`
  const call = { runId, stepId, phase }
  return journal['record-retry'].executeWithOptions({ summary }, [call, decision])
}

/** Answers only where there is something to say. */
export function recordSkip(runId: string, stepId: string, { phase, decision }: Acted) {
  const summary = phase === 'cancelling' ? `Leave ${stepId} as it is` : `Go on without ${stepId}`
  const call = { runId, stepId, phase }
  return journal['record-skip'].executeWithOptions({ summary }, [call, decision])
}

export function recordEnding(runId: string, status: EndingCall['status'], decision?: TakenDecision) {
  const summary = `Set the run to ${status}`
  return journal['record-ending'].executeWithOptions({ summary }, [{ runId, status }, decision])
}
