import type { NotUndoneReason, TakenDecision } from '../domain/decisions/decision.ts'
import type { PlannedStep } from '../domain/runs/run-plan.ts'
import type { FailureSummary, Progress, ReportedFailure, Resolved, StepProgress } from './contract.ts'

/** Where one step of a run is. `decision` is set by an operator and taken by the step that waits for it. */
export interface StepState {
  step: PlannedStep
  status: StepProgress['status']
  error?: FailureSummary
  /** The inline steps did not say that it did the step, and may have: whether there is something to undo, the ledger knows. */
  begunInline?: true
  /** Why the inline steps's try failed, until the step is taken up. */
  failedInline?: ReportedFailure
  decision?: TakenDecision
  /** It waits for a person now: to be done, or to be undone. */
  waits?: true
  /** Why what it did, or may have done, stays although the run was cancelled. */
  stays?: NotUndoneReason
}

/** All that a run remembers. It is rebuilt from history at every replay, so nothing here comes from outside. */
export interface RunState {
  runId: string
  steps: StepState[]
  cancel?: TakenDecision
  /** How many decisions it has taken, and the last of them. */
  decisions: number
  lastDecision?: TakenDecision
  /** The last signal that decided nothing, and why, until another decision is taken. */
  lastRefusal?: { signal: string; reason: string }
  /** Ends the steps under way; set while there are some. */
  interrupt?: () => void
  /** All steps are resolved, and the journal waits to hear whether the run is completed or cancelled. */
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

/** The steps that wait for a person. */
export function stuckSteps(run: RunState): StepState[] {
  return run.steps.filter((state) => statusOf(run, state) === 'needs_attention')
}

/** Where a step is for people. Once a run is cancelled, nobody decides on a step that it was cancelled at, only on undoing it. */
export function statusOf({ phase }: RunState, { status, waits }: StepState): StepState['status'] {
  const isOver = phase === 'cancelled' || (phase === 'cancelling' && waits === undefined)
  return isOver && status === 'needs_attention' ? 'pending' : status
}

/** Notes what the journal said when a step was resolved. */
export function noteResolved(run: RunState, resolved: Resolved | undefined): void {
  if (resolved?.completionHeld) run.completionHeld = true
}

/** A step is resolved when the steps that need it may start. */
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

/** Whoever decides on the step from now on is heard. */
export function waitForPerson(state: StepState): void {
  state.status = 'needs_attention'
  state.waits = true
}

/** Takes the operator's decision, and with it the step out of waiting: whoever decides now as well is too late. */
export function claimDecision(state: StepState): TakenDecision | undefined {
  const { decision } = state
  delete state.decision
  delete state.waits
  state.status = 'running'
  return decision
}

/** Counts a decision, so that those who come too late can be told of it. */
export function noteDecision(run: RunState, decision: Omit<TakenDecision, 'number'>): TakenDecision {
  run.decisions += 1
  run.lastDecision = { ...decision, number: run.decisions }
  delete run.lastRefusal
  return run.lastDecision
}

/** Notes that the run is to be undone, and ends the steps under way. Only the first to ask is heard. */
export function noteCancel(run: RunState, decision: Omit<TakenDecision, 'number' | 'action'>): void {
  run.cancel ??= noteDecision(run, { ...decision, action: 'cancel' })
  for (const state of run.steps) delete state.waits
  run.interrupt?.()
}

/** The journal knows that every step was done, before the run heard of it. */
export function markAllDone(run: RunState): void {
  for (const state of run.steps) {
    if (state.status !== 'skipped') state.status = 'done'
    delete state.error
  }
}
