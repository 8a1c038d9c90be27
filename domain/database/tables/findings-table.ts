import type { JSONColumnType } from 'kysely'
import type { FindingKind } from '../../reconciliation/finding-kinds.ts'
import type { NullableTimestamp, Timestamp } from './timestamps.ts'

/** Ids, numbers and reasons that explain a finding. No personal data. */
export type FindingDetails = Record<string, string | number | null>

export interface FindingsTable {
  id: string
  kind: FindingKind
  /** The id of the object of the finding. For a subscription at a provider: `<adapter>/<id at the provider>`. */
  subject: string
  organization_id: string | null
  billing_adapter: string | null
  details: JSONColumnType<FindingDetails>
  first_seen_at: Timestamp
  last_seen_at: Timestamp
  resolved_at: NullableTimestamp
  /** `gone`: a later round did not find the difference again. */
  resolution: 'gone' | 'imported' | 'deleted' | null
  actor: string | null
  reason: string | null
}
