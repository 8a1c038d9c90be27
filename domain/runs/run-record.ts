import type { RunStatus, RecordedError, StepStatus } from '../database/tables/run-tables.ts'
import type { Invitation } from '../users/invitations.ts'
import type { RunKind, RunRequest } from './run-requests.ts'
import type { PlannedStep } from './run-plan.ts'

export type { RunStatus, StepStatus }

/** Nothing happens to these any more. */
export const closedStatuses: readonly RunStatus[] = ['completed', 'cancelled', 'failed']

/** A step of an onboarding, as its newest revision in the ledger says; `pending` when there is none. */
export interface RunStep {
  planned: PlannedStep
  status: StepStatus
  /** 0 before its first attempt. */
  revision: number
  attempts: number
  /** Set while it is not known whether a call to somebody else had its effect. */
  intentAt: Date | null
  startedAt: Date | null
  finishedAt: Date | null
  output: Record<string, unknown> | null
  /** Under which a provider knows the effect. */
  externalReference: string | null
  error: RecordedError | null
}

/** A run of any kind, as the ledger has it. */
export type Run<Kind extends RunKind = RunKind> = RunRequest<Kind> & {
  id: string
  parentId: string
  status: RunStatus
  organizationId: string | null
  userId: string | null
  /** Of that user; null while there is none. */
  invitation: Invitation | null
  steps: RunStep[]
  /** Ids of the steps that somebody decided to go on without. */
  skippedSteps: string[]
  workflowRunId: string | null
  lastEvent: number
  acceptedAt: Date
  updatedAt: Date
  closedAt: Date | null
}

/** A run that adds an account. */
export type Onboarding = Run<'add-account'>
