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

// The activities that workflows call and workers register. The compiler checks both sides against these types.
// A property name is an activity type. Workflow histories contain it, so it is never renamed.

/**
 * Every activity with a fixed name. Temporal may deliver a call twice, so each activity is idempotent. Temporal retries every
 * error that is not named here, such as an unreachable database.
 */
export interface Activities {
  /**
   * Runs the inline steps as a local activity: the transactional steps in one transaction, then each external step once. The
   * failure of an external step is recorded in the step journal. A step that is done is not run again.
   * @throws the error of the transaction. Nothing is recorded then, and each step runs as its own activity.
   */
  'inline-steps': (call: InlineStepsCall) => Promise<InlineStepsOutcome>

  /**
   * Records that a step needs attention, if the step could not record it because its worker stopped answering. A step that is
   * done or undone keeps its status.
   */
  'record-attention': (call: StepOfRun & { failure: FailureSummary }) => Promise<AttentionOutcome>

  /**
   * Records the decision to retry a step, and applies its correction to the request. Has no effect if the decision is recorded
   * already, or if the step does not need attention.
   */
  'record-retry': (call: DecidedStep, decision: TakenDecision) => Promise<void>

  /**
   * Records the decision to skip a step. If the run is being undone, the effect of the step stays. Has no effect if the decision
   * is recorded already.
   */
  'record-skip': (call: DecidedStep, decision: TakenDecision) => Promise<Resolved | undefined>

  /**
   * Records that a run is being undone, is undone, or is completed although a stored cancel has not reached it.
   * @param decision the cancel that ended the run, unless it is recorded already.
   * @returns the status that the run has now. A run that had completed or failed keeps its status, and the cancel is refused.
   */
  'record-ending': (call: EndingCall, decision?: TakenDecision) => Promise<RecordedEnding>

  /** Accepts runs for one page of the trials that end soon or have ended. Each reminder and each end is accepted once. */
  'accept-due-trials': (call: TrialRoundInput) => Promise<RunToStart[]>

  /**
   * Accepts runs that bill one page of accounts for a month. Each subscription and month is accepted once.
   * @throws ApplicationFailure `month_not_billable`, non-retryable, when the month has not ended.
   */
  'accept-due-bills': (call: DueBillsCall) => Promise<DueBills>

  /** Compares one chunk of the records, and records the findings. A finding that is open already is not opened twice. */
  'reconcile-chunk': (call: ReconcileCall) => Promise<ReconciledChunk>

  /**
   * Sends a bulk decision to runs for some seconds, a few runs at a time. A run that took or refused the decision does not get it
   * again.
   */
  'carry-out-bulk-decision': (call: BulkInput) => Promise<BulkProgress>

  /** Refuses a bulk decision for every run that it was not sent to. */
  'stop-bulk-decision': (call: BulkInput) => Promise<void>
}

/**
 * Runs one step of a run plan. The activity type is the id of the step, so that the Web UI names it. A step that is done is not
 * run again.
 * @returns undefined, or what the step journal adds to "done".
 * @throws ApplicationFailure with a `ReportedFailure`; non-retryable when a person has to decide.
 */
export type StepActivity = (call: StepCall) => Promise<Resolved | undefined>

/**
 * Undoes one step of a run plan. Its activity type is made by `undoActivity`. A step that is undone is not undone again.
 * @returns `compensated`, or `kept` if there is nothing to undo.
 * @throws ApplicationFailure with a `ReportedFailure`; non-retryable when a person has to decide.
 */
export type UndoActivity = (call: StepCall) => Promise<'compensated' | 'kept'>

export interface StepOfRun {
  runId: string
  stepId: string
}

/** The step that a decision is about. `phase` is `cancelling` if its run is being undone. */
export interface DecidedStep extends StepOfRun {
  phase: 'running' | 'cancelling'
}

export interface EndingCall {
  runId: string
  status: Exclude<RecordedEnding, 'failed'>
}

export interface InlineStepsCall {
  runId: string
  /** In the order of the run plan. */
  steps: PlannedStep[]
}

export interface DueBillsCall {
  /** A calendar month in UTC that has ended, `YYYY-MM`. Default: the last three months. */
  month?: string | undefined
  /** The position of the page. Default: the first page. */
  at?: BillingRoundPosition | undefined
}
