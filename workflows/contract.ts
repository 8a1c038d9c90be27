import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'
import type { DecisionAction, NotUndoneReason, UndoAnswers } from '../domain/decisions/decision.ts'
import type { ErrorClass, RetryVerdict } from '../domain/errors/error-class.ts'
import type { RunKind } from '../domain/runs/run-requests.ts'
import type { PlannedStep } from '../domain/runs/run-plan.ts'

// The names and types that workflows share with the API, the worker and the command line.

/** Each kind of run has its own workflow type, so that the Web UI shows and filters by it. All types share one function. */
export const workflowTypes = {
  'add-account': 'addAccount',
  'change-plan': 'changePlan',
  'switch-billing': 'switchBilling',
  'suspend-account': 'suspendAccount',
  'restore-account': 'restoreAccount',
  'close-account': 'closeAccount',
  'update-customer': 'updateCustomer',
  'bill-account': 'billAccount',
  'remind-trial': 'remindTrial',
  'expire-trial': 'expireTrial',
  'add-user': 'addUser',
  'resend-invitation': 'resendInvitation',
  'update-user': 'updateUser',
  'move-user': 'moveUser',
  'remove-user': 'removeUser',
} as const satisfies Record<RunKind, string>

export function kindOf(workflowType: string): RunKind | undefined {
  const kinds = Object.keys(workflowTypes) as RunKind[]
  return kinds.find((kind) => workflowTypes[kind] === workflowType)
}

export function workflowIdOf(run: { kind: RunKind; id: string }): string {
  return `${run.kind}-${run.id}`
}

/** The names of the search attributes. They are keywords, and hold no personal data. */
export const searchAttributes = {
  status: 'RunStatus',
  step: 'RunStep',
  partnerId: 'PartnerId',
  billingAdapter: 'BillingAdapter',
  errorCode: 'ErrorCode',
} as const

export function keywordOf(name: keyof typeof searchAttributes) {
  return defineSearchAttributeKey(searchAttributes[name], SearchAttributeType.KEYWORD)
}

/** The input of the workflow of a run. The request itself stays in Postgres. */
export interface RunInput {
  runId: string
  plan: PlannedStep[]
  /**
   * The days that a stuck step waits for a person. Then an optional step is skipped, and a required step cancels the run.
   * Default: no limit.
   */
  attentionDays?: number
  /** Set if an earlier workflow was lost while it undid the run: the answers of the cancel. This workflow continues the undo. */
  undoing?: UndoAnswers
}

/** A run that a round accepted and will start. It holds no personal data. */
export interface RunToStart {
  id: string
  kind: RunKind
  plan: PlannedStep[]
  /** One line for the Web UI. */
  summary: string
  /** The steps, as Markdown for the Web UI. */
  details: string
  partnerId: string
  billingAdapter: string | null
}

/** The start options that the API, the sweeper and the rounds share: workflow id, search attributes, and texts for the Web UI. */
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

export interface TrialRoundInput {
  /** The number of days before the end of a trial at which its reminder is sent. */
  reminderDays: number
}

export interface BillingRoundInput {
  /** A calendar month in UTC that has ended, `YYYY-MM`. Default: the last three months. */
  month?: string
  /** Set when the round continued as new: the position of the next page. */
  at?: BillingRoundPosition
  /** Set when the round continued as new: the number of runs that it has started. */
  started?: number
}

export interface BillingRoundPosition {
  month: string
  after?: { organizationId: string; subscriptionExternalId: string }
}

export interface DueBills {
  runs: RunToStart[]
  /** The position of the next page, or null if this page is the last. */
  next: BillingRoundPosition | null
}

export interface ReconcileRoundInput {
  /** The age in minutes under which an object is ignored, because a run may still be changing it. */
  graceMinutes: number
  /** Set when the round continued as new: its start, its position, and what it could not compare so far. */
  goesOn?: { startedAt: string; at: ReconcilePosition; notCompared: string[] }
}

export interface ReconcilePosition {
  comparison: string
  /** The object that was compared last; empty at the beginning. */
  after: string
  /** A part of the comparison failed, so its earlier findings stay open. */
  incomplete?: true
}

export interface ReconcileCall {
  graceMinutes: number
  /** The start of the round. Absent for the first chunk. */
  startedAt?: string
  /** Absent for the first chunk. */
  at?: ReconcilePosition
}

export interface ReconciledChunk {
  /** The start of the round. */
  startedAt: string
  /** The position of the next chunk, or null if this chunk is the last. */
  next: ReconcilePosition | null
  /** The reasons, for people, why something could not be compared. */
  notCompared: string[]
  /** The number of open findings of each kind. Set only for the last chunk. */
  open?: Record<string, number>
}

export interface ReconcileOutcome {
  /** The number of open findings of each kind. */
  open: Record<string, number>
  /** The reasons, for people, why something could not be compared. */
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

export interface BulkProgress {
  /** The number of runs with each result. */
  counts: Record<string, number>
  /** Whether every run has its result. */
  closed: boolean
}

export interface RunOutcome {
  status: 'completed' | 'cancelled' | 'failed'
}

/** What the step journal adds when a step is resolved. */
export interface Resolved {
  /**
   * The last step is resolved, but the run is not recorded as completed, because a cancel is stored that has not reached the
   * workflow. The workflow decides whether the run is completed or cancelled, and records it.
   */
  completionHeld?: true
}

/** The result of the inline steps. A step in neither `done` nor `failed` was not attempted. */
export interface InlineStepsOutcome extends Resolved {
  done: string[]
  /** The failures, by step id. */
  failed: Record<string, ReportedFailure>
}

/** The time for which an attempt tries to commit its outcome while the database is unreachable, in milliseconds. */
export const outcomePatience = 20_000

export function undoActivity(stepId: string): string {
  return `undo-${stepId}`
}

/** The payload of a decision, as the API sends it or as a person types it into the Web UI. */
export interface SentDecision {
  step?: string
  reason?: string
  /** The id of the API key, or the name that a person typed. */
  actor?: string
  /** For `cancel`: an answer for each step whose undo policy is `ask`. */
  undo?: UndoAnswers
  /** For `cancel`: the steps that were stuck when the person decided. The cancel is refused if one is not stuck any more. */
  stuck?: string[]
  /** The id of the stored decision. Absent if a person typed the payload. */
  decision?: string
}

/** The names of the updates that the API sends, and of the signals that people send. */
export const decisionNames = { retry: 'retry', skip: 'skip', cancel: 'cancel' } as const satisfies Record<
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
  retry: RetryVerdict
  /** The number of attempts, if it is known. */
  attempts?: number
}

/** A failure as a step activity reports it to the workflow. */
export interface ReportedFailure extends FailureSummary {
  /** Whether the step journal says that the step needs attention. */
  recorded: boolean
  /** The first step refused the request before any step had an effect, so the run is closed as `failed`. */
  refused: boolean
}

/** The result of recording that a step needs attention. `finished`: the step is done or undone already. */
export interface AttentionOutcome {
  outcome: 'recorded' | 'finished'
  attempts: number
}

/** The status of a run after the recording of its end. It differs from the requested status if the run had ended before. */
export type RecordedEnding = 'cancelling' | 'cancelled' | 'completed' | 'failed'

/** The input of a step activity. The rest is in the step journal. */
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
  kept_by_choice: 'This step is undone only on request, and the cancel did not request it.',
  left_by_person: 'Undoing this step failed, and a person decided to leave it as it is.',
  not_undoable: 'This step cannot be undone.',
  outcome_unknown: 'It is not known whether this step took effect.',
}
