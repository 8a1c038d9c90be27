import type { Generated, JSONColumnType } from 'kysely'
import type { DecisionAction, UndoAnswers } from '../../decisions/decision.ts'
import type { FieldChange } from '../../runs/request-changes.ts'
import type { NullableTimestamp, Timestamp } from './timestamps.ts'

export interface DecisionsTable {
  id: string
  run_id: string
  /** Null: every stuck step, or the run as a whole. */
  step_id: string | null
  action: DecisionAction
  source: 'api' | 'signal' | 'clock' | 'bulk'
  /** Identifies a decision by signal or by the clock, which has no row before a run takes it. */
  signal_key: string | null
  actor: string | null
  reason: string | null
  undo: JSONColumnType<UndoAnswers> | null
  changes: JSONColumnType<FieldChange[], string | undefined>
  /** The revision of the step that was decided on, or that a correction opened. */
  revision: number | null
  refusal: string | null
  decided_at: Timestamp
  taken_at: NullableTimestamp
  /** The ids of the steps on which the run has acted; `*` stands for the run as a whole. */
  acted_on: Generated<string[]>
}

/** The runs of a bulk decision. The fields mean the same as in the filter of the list of onboardings. */
export interface BulkFilter {
  status?: string | undefined
  step?: string | undefined
  code?: string | undefined
  organizationId?: string | undefined
  parentId?: string | undefined
}

export interface BulkDecisionsTable {
  id: string
  api_key_id: string
  /** The organization of the key. Only runs in its subtree are decided on. */
  organization_id: string
  action: DecisionAction
  filter: JSONColumnType<BulkFilter>
  reason: string
  undo: JSONColumnType<UndoAnswers> | null
  /** The largest number of runs that may be in progress at the same time. */
  at_once: number
  total: number
  idempotency_key: string | null
  body_hash: string
  accepted_at: Timestamp
  updated_at: Timestamp
  started_at: NullableTimestamp
  closed_at: NullableTimestamp
}

/** `needs_attention`: the run is still stuck, or stuck again. `refused`: the run did not take the decision. */
export type BulkItemStatus =
  | 'pending'
  | 'sent'
  | 'completed'
  | 'needs_attention'
  | 'cancelled'
  | 'failed'
  | 'refused'

export interface BulkDecisionItemsTable {
  decision_id: string
  bulk_id: string
  run_id: string
  step_id: string | null
  status: Generated<BulkItemStatus>
  refusal: string | null
  updated_at: Timestamp
}
