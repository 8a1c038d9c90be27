import type { NotUndoneReason, TakenDecision } from '../domain/decisions/decision.ts'
import type { PlannedStep } from '../domain/runs/run-plan.ts'
import type { FailureSummary, Progress, ReportedFailure, Resolved, StepProgress } from './contract.ts'

export interface StepState {
  step: PlannedStep
  status: StepProgress['status']
  error?: FailureSummary
  /** The inline activity began the step, and did not report that it is done. It may have had its effect. */
  begunInline?: true
  /** Why the inline attempt failed. Removed when the step's own activity takes over. */
  failedInline?: ReportedFailure
  /** The decision that the stuck step has not taken yet. */
  decision?: TakenDecision
  /** The step waits for a person, either to be done or to be undone. */
  waits?: true
  /** Why the effect of the step, or its possible effect, stays although the run was cancelled. */
  stays?: NotUndoneReason
}

/** The state of a run. Every replay rebuilds it from the workflow history. */
export interface RunState {
  runId: string
  steps: StepState[]
  cancel?: TakenDecision
  decisions: number
  lastDecision?: TakenDecision
  /** The last refused signal and the reason. Removed when a decision is taken. */
  lastRefusal?: { signal: string; reason: string }
  /** Cancels the running steps. Set while steps are running. */
  interrupt?: () => void
  /** All steps are resolved, and the step journal does not know yet whether the run is completed or cancelled. */
  completionHeld?: true
  phase: 'running' | 'cancelling' | 'completed' | 'cancelled' | 'failed'
}

export function newRun(runId: string, plan: PlannedStep[]): RunState {
  return {
    runId,
    phase: 'running',
    decisions: 0,
    steps: plan.map((step) => ({ step, status: 'pending' })),
  }
}

export function stuckSteps(run: RunState): StepState[] {
  return run.steps.filter((state) => statusOf(run, state) === 'needs_attention')
}

/**
 * The status of a step as people see it. A step that was stuck when the run was cancelled is not stuck any more; it is stuck again
 * if its undo fails.
 */
export function statusOf({ phase }: RunState, { status, waits }: StepState): StepState['status'] {
  const isOver = phase === 'cancelled' || (phase === 'cancelling' && waits === undefined)
  return isOver && status === 'needs_attention' ? 'pending' : status
}

export function noteResolved(run: RunState, resolved: Resolved | undefined): void {
  if (resolved?.completionHeld) run.completionHeld = true
}

/** Whether the steps that need this step may start. */
export function isResolved(run: RunState, stepId: string): boolean {
  const state = run.steps.find(({ step }) => step.id === stepId)
  return state === undefined || state.status === 'done' || state.status === 'skipped'
}

export function progressOf(run: RunState): Progress {
  const waiting = run.phase === 'running' && stuckSteps(run).length > 0
  return {
    status: waiting ? 'needs_attention' : run.phase,
    steps: run.steps.map((state) => ({
      id: state.step.id,
      title: state.step.title,
      status: statusOf(run, state),
      ...(state.error === undefined ? {} : { error: state.error }),
    })),
  }
}

export function waitForPerson(state: StepState): void {
  state.status = 'needs_attention'
  state.waits = true
}

/** Takes the decision on a stuck step, if there is one. The step does not wait any more, so a second decision is refused. */
export function claimDecision(state: StepState): TakenDecision | undefined {
  const { decision } = state
  delete state.decision
  delete state.waits
  state.status = 'running'
  return decision
}

/** Counts a decision and keeps it as the last one. A later decision that is refused names it. */
export function noteDecision(run: RunState, decision: Omit<TakenDecision, 'number'>): TakenDecision {
  run.decisions += 1
  run.lastDecision = { ...decision, number: run.decisions }
  delete run.lastRefusal
  return run.lastDecision
}

/** Cancels the run, and cancels its running steps. Only the first cancel counts. */
export function noteCancel(run: RunState, decision: Omit<TakenDecision, 'number' | 'action'>): void {
  run.cancel ??= noteDecision(run, { ...decision, action: 'cancel' })
  for (const state of run.steps) delete state.waits
  run.interrupt?.()
}

/** Marks every step that was not skipped as done, because the step journal says that the run is completed. */
export function markAllDone(run: RunState): void {
  for (const state of run.steps) {
    if (state.status !== 'skipped') state.status = 'done'
    delete state.error
  }
}
