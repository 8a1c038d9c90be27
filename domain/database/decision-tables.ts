import type { JSONColumnType } from 'kysely'
import type { DecisionAction, UndoAnswers } from '../decision.ts'
import type { FieldChange } from '../request-changes.ts'
import type { NullableTimestamp, Timestamp } from './timestamps.ts'

export interface DecisionsTable {
  id: string
  onboarding_id: string
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
}
