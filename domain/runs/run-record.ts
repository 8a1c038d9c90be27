import type { RunStatus, RecordedError, StepStatus } from '../database/tables/run-tables.ts'
import type { Invitation } from '../users/invitations.ts'
import type { RunKind, RunRequest } from './run-requests.ts'
import type { PlannedStep } from './run-plan.ts'

export type { RunStatus, StepStatus }

export const closedStatuses: readonly RunStatus[] = ['completed', 'cancelled', 'failed']

/** A step of a run, with the newest revision of its journal entry. Without an entry the step is `pending`. */
export interface RunStep {
  planned: PlannedStep
  status: StepStatus
  revision: number
  attempts: number
  /** Set while the outcome of an external call is unknown. */
  intentAt: Date | null
  startedAt: Date | null
  finishedAt: Date | null
  output: Record<string, unknown> | null
  /** The provider's id of the effect. */
  externalReference: string | null
  error: RecordedError | null
}

export type Run<Kind extends RunKind = RunKind> = RunRequest<Kind> & {
  id: string
  parentId: string
  status: RunStatus
  organizationId: string | null
  userId: string | null
  /** The invitation of the user; null while the run has no user. */
  invitation: Invitation | null
  steps: RunStep[]
  /** The ids of the steps that people decided to skip. */
  skippedSteps: string[]
  workflowRunId: string | null
  lastEvent: number
  acceptedAt: Date
  updatedAt: Date
  closedAt: Date | null
}

export type Onboarding = Run<'add-account'>
