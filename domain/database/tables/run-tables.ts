import type { Generated, JSONColumnType } from 'kysely'
import type { ErrorClass, RetryVerdict } from '../../errors/error-class.ts'
import type { RunKind, RunRequests } from '../../runs/run-requests.ts'
import type { PlannedStep } from '../../runs/run-plan.ts'
import type { NullableTimestamp, Timestamp } from './timestamps.ts'

export type RunStatus =
  | 'accepted'
  | 'running'
  | 'needs_attention'
  | 'cancelling'
  | 'completed'
  | 'cancelled'
  | 'failed'

export interface RunsTable {
  id: string
  kind: Generated<RunKind>
  parent_id: string
  api_key_id: string | null
  idempotency_key: string | null
  body_hash: string
  request: JSONColumnType<RunRequests[RunKind]>
  plan: JSONColumnType<PlannedStep[]>
  status: Generated<RunStatus>
  organization_id: string | null
  user_id: string | null
  workflow_run_id: string | null
  event_count: Generated<number>
  accepted_at: Timestamp
  updated_at: Timestamp
  closed_at: NullableTimestamp
}

export type StepStatus =
  | 'pending'
  | 'running'
  | 'retrying'
  | 'needs_attention'
  | 'done'
  | 'skipped'
  | 'compensated'

/** A failure as people see it. `code` is stable. `message` and `nextAction` contain no personal data. */
export interface RecordedError {
  code: string
  class: ErrorClass
  message: string
  nextAction: string
  fields?: { pointer: string; message: string }[]
  retry: RetryVerdict
}

export interface StepRunsTable {
  run_id: string
  step_id: string
  revision: number
  status: StepStatus
  attempts: Generated<number>
  retries: Generated<number>
  attempt_token: string | null
  intent_at: NullableTimestamp
  output: JSONColumnType<Record<string, unknown>> | null
  external_reference: string | null
  error: JSONColumnType<RecordedError> | null
  started_at: NullableTimestamp
  finished_at: NullableTimestamp
}

export interface RunEventsTable {
  run_id: string
  sequence: number
  type: 'onboarding' | 'step'
  data: JSONColumnType<Record<string, unknown>>
  created_at: Timestamp
}
