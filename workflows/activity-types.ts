import type { TakenDecision } from '../domain/decisions/decision.ts'
import type { PlannedStep } from '../domain/runs/run-plan.ts'
import type {
  AttentionOutcome,
  BillingRoundPosition,
  BulkInput,
  BulkProgress,
  DueBills,
  FailureSummary,
  InlineStepsOutcome,
  ReconcileCall,
  ReconciledChunk,
  RecordedEnding,
  RunToStart,
  Resolved,
  StepCall,
  TrialRoundInput,
} from './contract.ts'

// What workflows ask of workers. Workflows call these functions, a worker registers them, and both are checked against the
// types here. A name is an activity type, which histories keep: it is never renamed.

/**
 * Every activity whose name is fixed. Temporal may deliver a call again, so each is harmless when it is repeated. A failure
 * for which no error is named here, such as a database that can't be reached, is retried by Temporal.
 */
export interface Activities {
  /**
   * Runs the first steps of a plan at once, as a local activity: the transactional ones in one transaction, then each external
   * one once. The journal has the failure of an external step. A step that is done is not run again.
   * @throws the error of the transaction: then nothing of it is recorded, and each step is run by its own activity.
   */
  'inline-steps': (call: InlineStepsCall) => Promise<InlineStepsOutcome>

  /**
   * Records that a step needs attention, where the step could not record that itself, because its worker stopped answering.
   * A step that is done, or undone, stays so.
   */
  'record-attention': (call: StepReference & { failure: FailureSummary }) => Promise<AttentionOutcome>

  /**
   * Records that a step is tried again, and applies the correction of the request that the decision carries. A decision that is
   * recorded already, and a step that does not need attention, change nothing.
   */
  'record-retry': (call: DecidedStep, decision: TakenDecision) => Promise<void>

  /**
   * Records that a run goes on without a step. In a run that is being undone, the effect of the step stays. A decision that is
   * recorded already changes nothing.
   */
  'record-skip': (call: DecidedStep, decision: TakenDecision) => Promise<Resolved | undefined>

  /**
   * Records that a run is being undone, is undone, or is completed although a cancel was written down that has not reached it.
   * @param decision the cancel, where one led to it and is not recorded yet.
   * @returns the status that stands: a run that had completed or failed before stays so, and the cancel is refused.
   */
  'record-ending': (call: EndingCall, decision?: TakenDecision) => Promise<RecordedEnding>

  /** Accepts runs for the trials that end soon or have ended, one page of them. Each reminder and each end is accepted once. */
  'accept-due-trials': (call: TrialRoundInput) => Promise<RunToStart[]>

  /**
   * Accepts runs that bill accounts for a month, one page of them. Each subscription and month is accepted once.
   * @throws ApplicationFailure `month_not_billable`, non-retryable, when the month has not ended.
   */
  'accept-due-bills': (call: DueBillsCall) => Promise<DueBills>

  /** Compares one chunk of what is on record, and records the findings. A finding that is open already is not opened twice. */
  'reconcile-chunk': (call: ReconcileCall) => Promise<ReconciledChunk>

  /**
   * Sends the decision to runs for some seconds, a few of them at a time. A run that has taken the decision, or refused it, is
   * not asked again.
   */
  'carry-out-bulk-decision': (call: BulkInput) => Promise<BulkProgress>

  /** Refuses the decision for every run that it was not sent to yet. */
  'stop-bulk-decision': (call: BulkInput) => Promise<void>
}

/**
 * Carries out one step of a plan. The activity type is the id of the step, so that the Web UI names it. A step that is done is
 * not run again.
 * @returns undefined, where the journal has nothing to add to "done".
 * @throws ApplicationFailure with a `ReportedFailure`; non-retryable when a person has to decide.
 */
export type StepActivity = (call: StepCall) => Promise<Resolved | undefined>

/**
 * Undoes one step of a plan. The activity type is `undoActivity` of its id. A step that is undone is not undone again.
 * @returns `kept` when there is nothing to undo.
 * @throws ApplicationFailure with a `ReportedFailure`; non-retryable when a person has to decide.
 */
export type UndoActivity = (call: StepCall) => Promise<'compensated' | 'kept'>

/** One step of one run. */
export interface StepReference {
  runId: string
  stepId: string
}

/** A step that was decided on. `phase` tells whether its run is being done or undone. */
export interface DecidedStep extends StepReference {
  phase: 'running' | 'cancelling'
}

export interface EndingCall {
  runId: string
  status: Exclude<RecordedEnding, 'failed'>
}

export interface InlineStepsCall {
  runId: string
  /** In the order of the plan. */
  steps: PlannedStep[]
}

export interface DueBillsCall {
  /** A calendar month in UTC, `YYYY-MM`, that has ended. Left out: those that ended lately. */
  month?: string | undefined
  /** Left out: the first page. */
  at?: BillingRoundPosition | undefined
}
