import type { PlannedStep } from '../domain/run-plan.ts'
import type { CancelDecision, FailureSummary, Progress, ReportedFailure, StepProgress } from './contract.ts'

/** Where one step of a run is. `decision` is set by an operator and taken by the step that waits for it. */
export interface StepState {
  step: PlannedStep
  status: StepProgress['status']
  error?: FailureSummary
  /** Why the fast lane's try failed, until the step is taken up. */
  failedInLane?: ReportedFailure
  decision?: 'retry' | 'skip'
}

/** All that a run remembers. It is rebuilt from history at every replay, so nothing here comes from outside. */
export interface RunState {
  onboardingId: string
  steps: StepState[]
  cancel?: CancelDecision
  /** Ends the steps under way; set while there are some. */
  interrupt?: () => void
  phase: 'running' | 'cancelling' | 'completed' | 'cancelled' | 'failed'
}

export function newRun(onboardingId: string, plan: PlannedStep[]): RunState {
  return {
    onboardingId,
    phase: 'running',
    steps: plan.map((step) => ({ step, status: 'pending' })),
  }
}

/** The steps that wait for a person. Once a run has ended, nobody decides on a step that it was cancelled at. */
export function stuckSteps(run: RunState): StepState[] {
  if (run.phase === 'cancelled') return []
  return run.steps.filter((state) => state.status === 'needs_attention')
}

/** A step is settled when the steps that need it may start. */
export function isSettled(run: RunState, stepId: string): boolean {
  const state = run.steps.find(({ step }) => step.id === stepId)
  return state === undefined || state.status === 'done' || state.status === 'skipped'
}

export function progressOf(run: RunState): Progress {
  const waiting = run.phase === 'running' && stuckSteps(run).length > 0
  return {
    status: waiting ? 'needs_attention' : run.phase,
    steps: run.steps.map(({ step, status, error }) => ({
      id: step.id,
      title: step.title,
      status,
      ...(error === undefined ? {} : { error }),
    })),
  }
}

/** Takes the operator's decision, and with it the step out of waiting: whoever decides now as well is too late. */
export function takeDecision(state: StepState): StepState['decision'] {
  const { decision } = state
  delete state.decision
  state.status = 'running'
  return decision
}

/** Notes that the run is to be undone, and ends the steps under way. */
export function cancelRun(run: RunState, decision: CancelDecision): void {
  run.cancel ??= decision
  run.interrupt?.()
}
