import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'
import type { DecisionAction, NotUndoneReason, UndoAnswers } from '../domain/decisions/decision.ts'
import type { ErrorClass, RetryVerdict } from '../domain/errors/error-class.ts'
import type { RunKind } from '../domain/runs/run-requests.ts'
import type { PlannedStep } from '../domain/runs/run-plan.ts'

// The names and shapes that workflows share with the API, the worker and the command line.

/** Each kind of run has a workflow type of its own, so that the Web UI names and filters them. All share one body. */
export const workflowTypes = {
  'add-account': 'addAccount',
  'change-plan': 'changePlan',
  'switch-billing': 'switchBilling',
  'suspend-account': 'suspendAccount',
  'restore-account': 'restoreAccount',
  'close-account': 'closeAccount',
  'bill-account': 'billAccount',
  'remind-trial': 'remindTrial',
  'expire-trial': 'expireTrial',
  'add-user': 'addUser',
  'resend-invitation': 'resendInvitation',
} as const satisfies Record<RunKind, string>

/** The kind of run that a workflow type carries out; undefined for the types of other workflows. */
export function kindOf(workflowType: string): RunKind | undefined {
  const kinds = Object.keys(workflowTypes) as RunKind[]
  return kinds.find((kind) => workflowTypes[kind] === workflowType)
}

/** One workflow for each run, found again under an id of its own. */
export function workflowIdOf(run: { kind: RunKind; id: string }): string {
  return `${run.kind}-${run.id}`
}

/** Keyword search attributes. None holds personal data. */
export const searchAttributes = {
  status: 'RunStatus',
  step: 'RunStep',
  partnerId: 'PartnerId',
  billingAdapter: 'BillingAdapter',
  errorCode: 'ErrorCode',
} as const

/** The key of a search attribute, as the SDK takes it. */
export function keywordOf(name: keyof typeof searchAttributes) {
  return defineSearchAttributeKey(searchAttributes[name], SearchAttributeType.KEYWORD)
}

/** Everything the workflow needs to know: ids and the plan. The request itself stays in Postgres. */
export interface RunInput {
  runId: string
  plan: PlannedStep[]
  /** Days a stuck step waits for a person; then it is skipped if it is optional, else the run is cancelled. Left out: for ever. */
  attentionDays?: number
  /** The run was cancelled, and the workflow that undid it was lost: it goes on being undone, with these answers. */
  undoing?: UndoAnswers
}

/** A run that a schedule had accepted, ready to be started. Names no person. */
export interface RunToStart {
  id: string
  kind: RunKind
  plan: PlannedStep[]
  /** For the Web UI: one line, and the steps. */
  summary: string
  details: string
  partnerId: string
  billingAdapter: string | null
}

/** How the workflow of a run is started, whoever starts it: under an id of its own, and found by what operators look for. */
export function startOptionsOf(run: Omit<RunToStart, 'plan'>) {
  const { partnerId, billingAdapter } = run
  return {
    workflowId: workflowIdOf(run),
    workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY' as const,
    typedSearchAttributes: [
      { key: keywordOf('status'), value: 'running' },
      { key: keywordOf('partnerId'), value: partnerId },
      ...(billingAdapter === null ? [] : [{ key: keywordOf('billingAdapter'), value: billingAdapter }]),
    ],
    staticSummary: run.summary,
    staticDetails: run.details,
  }
}

/** One round of the schedule that looks for trials which end. */
export interface TrialRoundInput {
  /** Days before its end that a trial is reminded of it. */
  reminderDays: number
}

/** One round of billing. */
export interface BillingRoundInput {
  /** A calendar month in UTC, `YYYY-MM`, that has ended. Left out: those that ended lately. */
  month?: string
  /** Where an earlier part of the same round stopped, because its history had grown long. */
  at?: BillingRoundPosition
  started?: number
}

/** How far a round of billing has come. */
export interface BillingRoundPosition {
  month: string
  after?: { organizationId: string; subscriptionExternalId: string }
}

export interface DueBills {
  runs: RunToStart[]
  /** Where to go on; null when the round is over. */
  next: BillingRoundPosition | null
}

/** One round that looks for what does not fit together. */
export interface ReconcileRoundInput {
  /** What is younger is left alone, because it may still be under way. */
  graceMinutes: number
  /** Where an earlier part of the same round stopped, because its history had grown long. */
  goesOn?: { startedAt: string; at: ReconcilePosition; notCompared: string[] }
}

/** How far a round of reconciling has come. */
export interface ReconcilePosition {
  comparison: string
  /** What was compared last; empty at the beginning. */
  after: string
  /** Some of the comparison failed, so what it did not see is not gone. */
  incomplete?: true
}

/** What the activity behind each chunk of a round is given. `startedAt` is left out of the first. */
export interface ReconcileCall {
  graceMinutes: number
  startedAt?: string
  at?: ReconcilePosition
}

/** What came of a chunk: `next` is null when the round is over, and only then are the open findings counted. */
export interface ReconciledChunk {
  startedAt: string
  next: ReconcilePosition | null
  notCompared: string[]
  /** By kind. */
  open?: Record<string, number>
}

/** What came of a whole round. */
export interface ReconcileOutcome {
  open: Record<string, number>
  /** What could not be compared, and why, in plain words. */
  notCompared: string[]
}

/** The workflows that run on a schedule. */
export const rounds = {
  trials: { workflowType: 'trialRound' },
  billing: { workflowType: 'billMonth' },
  reconciliation: { workflowType: 'reconcileRound' },
} as const

/** The workflow that makes one decision on many runs. */
export const bulkDecisions = { workflowType: 'decideInBulk' } as const

export function bulkWorkflowId(bulkId: string): string {
  return `bulk-decision-${bulkId}`
}

export interface BulkInput {
  bulkId: string
}

/** How far a decision in bulk has come: how many runs there are in each state, and whether all are resolved. */
export interface BulkProgress {
  counts: Record<string, number>
  closed: boolean
}

export interface RunOutcome {
  status: 'completed' | 'cancelled' | 'failed'
}

/** What the ledger says beside that a step is resolved. */
export interface Resolved {
  /**
   * It was the last step, and the ledger does not call the run completed: a cancel was written down before. So the run says how
   * it ends.
   */
  completionHeld?: true
}

/** What came of the inline steps: the steps that are done, and why others are not. A step in neither was not reached. */
export interface InlineStepsOutcome extends Resolved {
  done: string[]
  failed: Record<string, ReportedFailure>
}

/** How long a step's attempt goes on trying to commit what came of it while the database is away, in milliseconds. */
export const outcomePatience = 20_000

/** Undoing has an activity type of its own for every step. */
export function undoActivity(stepId: string): string {
  return `undo-${stepId}`
}

/** A decision as it is handed over: by the API, or as a person types it into Temporal. */
export interface SentDecision {
  step?: string
  reason?: string
  /** The id of the API key that decided, or the name that a person gives. */
  actor?: string
  /** For `cancel`: answers for every step whose policy is to ask. */
  undo?: UndoAnswers
  /** For `cancel`: the steps that were stuck when it was decided. Left out: it is cancelled whatever has become of them. */
  stuck?: string[]
  /** Where the API wrote it down. What a person types has none. */
  decision?: string
}

/** One name each for the update (validated, used by the API) and the signal (typed by people). */
export const operations = { retry: 'retry', skip: 'skip', cancel: 'cancel' } as const satisfies Record<
  DecisionAction,
  string
>

export const progressQuery = 'progress'

export interface StepProgress {
  id: string
  title: string
  status: 'pending' | 'running' | 'needs_attention' | 'done' | 'skipped' | 'compensated'
  error?: FailureSummary
}

/** A failure as workflow history may show it: no personal data. */
export interface FailureSummary {
  code: string
  class: ErrorClass
  message: string
  nextAction: string
  /** Whether a retry can help. */
  retry: RetryVerdict
  /** How often the step was tried, where that is known. */
  attempts?: number
}

/** What the step runner attaches to the failures it throws. */
export interface ReportedFailure extends FailureSummary {
  /** The step journal already says that this step needs attention. */
  recorded: boolean
  /** The refusal came before anything was done, so the onboarding is closed as `failed`. */
  refused: boolean
}

/** What came of noting that a step waits for a person; `finished` means that there is nothing to wait for. */
export interface AttentionOutcome {
  outcome: 'recorded' | 'finished'
  /** How often the step was tried, as far as is known. */
  attempts: number
}

/** How a run stands after it was told to end; something else than it was told when that was too late. */
export type RecordedEnding = 'cancelling' | 'cancelled' | 'completed' | 'failed'

/** What every step activity is given: ids and the plan's entry, the rest is in the step journal. */
export interface StepCall {
  runId: string
  step: PlannedStep
}

export interface Progress {
  status: 'running' | 'needs_attention' | 'cancelling' | 'completed' | 'cancelled' | 'failed'
  steps: StepProgress[]
}

/** Why a step of a cancelled run is not undone, for people. */
export const notUndoneReasons: Record<NotUndoneReason, string> = {
  kept_by_policy: 'This step is never undone.',
  kept_by_choice: 'This step is undone only on request, and the person who cancelled kept it.',
  left_by_person: 'Undoing this step failed, and a person decided to leave it as it is.',
  not_undoable: 'This step cannot be undone.',
  outcome_unknown: 'It is not known whether this step took effect.',
}
