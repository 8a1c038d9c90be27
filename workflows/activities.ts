import { ActivityCancellationType, scheduleActivity, scheduleLocalActivity } from '@temporalio/workflow'
import type { TakenDecision } from '../domain/decisions/decision.ts'
import type { PlannedStep } from '../domain/runs/run-plan.ts'
import {
  type AttentionOutcome,
  type FailureSummary,
  inlineStepsActivity,
  outcomePatience,
  type RecordedEnding,
  type InlineStepsOutcome,
  type Resolved,
  type StepCall,
  undoActivity,
} from './contract.ts'

/** Bookkeeping must not give up: without it a person would not see what is stuck. */
const bookkeeping = {
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
} as const

/** The body stops itself at `step.timeout`; the margin lets it record what came of it. */
const recordingMargin = outcomePatience + 10_000
const transactionTimeout = 8_000

/** The leading transactional steps in one transaction, then each external one once. Throws when the transaction failed. */
export function runInlineSteps(runId: string, steps: PlannedStep[]): Promise<InlineStepsOutcome> {
  const external = steps.filter((step) => step.placement === 'external')
  return scheduleLocalActivity(inlineStepsActivity, [{ runId, steps }], {
    startToCloseTimeout: external.reduce(
      (sum, step) => sum + step.timeout + recordingMargin,
      transactionTimeout,
    ),
    retry: { maximumAttempts: 1 },
    summary: `Inline steps: ${steps.map((step) => step.title.toLowerCase()).join(', ')}`,
  })
}

/** Answers only where there is something to say. */
export function runStep(runId: string, step: PlannedStep): Promise<Resolved | undefined> {
  return scheduleActivity(step.id, [{ runId, step } satisfies StepCall], {
    ...stepOptions(step),
    summary: step.title,
  })
}

export function undoStep(runId: string, step: PlannedStep): Promise<'compensated' | 'kept'> {
  return scheduleActivity(undoActivity(step.id), [{ runId, step } satisfies StepCall], {
    ...stepOptions(step),
    summary: `Undo: ${step.title.toLowerCase()}`,
  })
}

function stepOptions(step: PlannedStep) {
  return {
    startToCloseTimeout: step.timeout + recordingMargin,
    heartbeatTimeout: step.heartbeatTimeout,
    retry: step.retry,
    // The effect of an attempt under way must be known before anything is undone.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  }
}

export function recordAttention(
  runId: string,
  stepId: string,
  failure: FailureSummary,
): Promise<AttentionOutcome> {
  return scheduleActivity('record-attention', [{ runId, stepId, failure }], {
    ...bookkeeping,
    summary: `Say that ${stepId} needs attention`,
  })
}

/** A decision that the ledger is told of, and whether the run is being done or undone. */
interface Acted {
  phase: 'running' | 'cancelling'
  decision: TakenDecision
}

export function recordRetry(runId: string, stepId: string, { phase, decision }: Acted): Promise<void> {
  return scheduleActivity('record-retry', [{ runId, stepId, phase }, decision], {
    ...bookkeeping,
    summary: `Open ${stepId} for another try`,
  })
}

/** Answers only where there is something to say. */
export function recordSkip(
  runId: string,
  stepId: string,
  { phase, decision }: Acted,
): Promise<Resolved | undefined> {
  return scheduleActivity('record-skip', [{ runId, stepId, phase }, decision], {
    ...bookkeeping,
    summary: phase === 'cancelling' ? `Leave ${stepId} as it is` : `Go on without ${stepId}`,
  })
}

export function recordEnding(
  runId: string,
  status: Exclude<RecordedEnding, 'failed'>,
  decision?: TakenDecision,
): Promise<RecordedEnding> {
  return scheduleActivity('record-ending', [{ runId, status }, decision], {
    ...bookkeeping,
    summary: `Set the onboarding to ${status}`,
  })
}
