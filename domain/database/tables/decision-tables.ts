import type { Generated, JSONColumnType } from 'kysely'
import type { DecisionAction, UndoAnswers } from '../../decisions/decision.ts'
import type { FieldChange } from '../../runs/request-changes.ts'
import type { NullableTimestamp, Timestamp } from './timestamps.ts'

export interface DecisionsTable {
  id: string
  run_id: string
  /** Null: every step that was stuck, or the run as a whole. */
  step_id: string | null
  action: DecisionAction
  source: 'api' | 'signal' | 'clock' | 'bulk'
  /** Tells those apart that have no row before a run takes them. */
  signal_key: string | null
  /** The id of an API key, or whatever a person typed into a signal. */
  actor: string | null
  reason: string | null
  undo: JSONColumnType<UndoAnswers> | null
  changes: JSONColumnType<FieldChange[], string | undefined>
  /** The step's revision that it was about, or that it opened. */
  revision: number | null
  /** Why the run did not take it. */
  refusal: string | null
  decided_at: Timestamp
  taken_at: NullableTimestamp
  /** The steps on which the run has acted on it; `*` stands for the run as a whole. */
  acted_on: Generated<string[]>
}

/** Which runs are meant: as in the filter of the list, with the same meaning. */
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
  /** Whose key it was: what lies outside of it was not meant. */
  organization_id: string
  action: DecisionAction
  filter: JSONColumnType<BulkFilter>
  reason: string
  undo: JSONColumnType<UndoAnswers> | null
  /** How many runs may be under way at the same time. */
  at_once: number
  total: number
  idempotency_key: string | null
  body_hash: string
  accepted_at: Timestamp
  updated_at: Timestamp
  started_at: NullableTimestamp
  closed_at: NullableTimestamp
}

/** `needs_attention`: the run is stuck again, or still. `refused`: it was not decided on. */
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
