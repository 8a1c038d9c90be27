import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { FindingKind } from '../../domain/reconciliation/finding-kinds.ts'
import type { Sighting } from '../../domain/reconciliation/findings.ts'
import type { BillingAdapter } from '../../plugins/plugin-contract.ts'
import type { RunWorkflows } from '../../temporal/run-workflows.ts'

export interface ReconcileContext {
  db: DatabaseConnection
  billingAdapters: ReadonlyMap<string, BillingAdapter>
  workflows: RunWorkflows
}

export interface ComparedChunk {
  sightings: Sighting[]
  /** The position of the next chunk, or null if this chunk is the last. */
  next: string | null
  /** Why something could not be compared, for people. Earlier findings then stay open. */
  notCompared?: string
}

/** One comparison of a round, which runs chunk by chunk. */
export interface Comparison {
  /** The name in texts for people and in positions. */
  name: string
  /** The kinds of findings that it records, and closes when the difference is gone. */
  kinds: readonly FindingKind[]
  /** Set if it compares only what this adapter bills. */
  billingAdapter?: string
  /**
   * Compares one chunk.
   * @param after the object that was compared last; empty at the beginning.
   * @param grace the age in milliseconds under which an object is ignored.
   */
  compare(context: ReconcileContext, after: string, grace: number): Promise<ComparedChunk>
}
