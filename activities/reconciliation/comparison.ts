import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { FindingKind } from '../../domain/reconciliation/finding-kinds.ts'
import type { Sighting } from '../../domain/reconciliation/findings.ts'
import type { BillingAdapter } from '../../plugins/plugin-contract.ts'
import type { RunWorkflows } from '../../temporal/run-workflows.ts'

/** What comparing takes. */
export interface ReconcileContext {
  db: DatabaseConnection
  billingAdapters: ReadonlyMap<string, BillingAdapter>
  workflows: RunWorkflows
}

/** How far a comparison has come, and what it found on the way. */
export interface ComparedChunk {
  sightings: Sighting[]
  /** Where to go on; null when all of it was compared. */
  next: string | null
  /** Why something could not be compared, in plain words. What was found of it before then stays open. */
  notCompared?: string
}

/** One thing that a round compares, chunk by chunk. */
export interface Comparison {
  /** What it is called in a round's summary. */
  name: string
  /** What it can find, and closes when it is not seen any more. */
  kinds: readonly FindingKind[]
  /** Of whom, when only what this adapter bills is compared. */
  billingAdapter?: string
  /** @param after empty at the beginning. @param grace milliseconds: what is younger is left alone. */
  compare(context: ReconcileContext, after: string, grace: number): Promise<ComparedChunk>
}
