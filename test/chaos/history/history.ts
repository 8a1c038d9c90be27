import type { RecordedError } from '../../../domain/database/tables/run-tables.ts'
import type { SentRequest } from '../clients/caller.ts'
import type { Books } from '../recorder/recorder-messages.ts'
import type { Tables } from './read-tables.ts'

/** A run as the tables `runs` and `step_runs` record it. */
export interface JournalRun {
  id: string
  kind: string
  /** The idempotency key, which is also the name of the request. */
  key: string | null
  status: string
  parentId: string
  organizationId: string | null
  userId: string | null
  request: {
    type?: string
    company?: { name: string }
    user?: { email: string; sendPasswordInstructions: boolean }
    plan?: { licenses?: number; billingAdapter: string }
  }
  /** The newest revision of each step, in the order of the run plan. */
  steps: JournalStep[]
  /** How often support retried the message of the run while its outcome was unknown. */
  messageRetries: number
}

export interface JournalStep {
  id: string
  optional: boolean
  status: string
  output: Record<string, unknown> | null
  error: RecordedError | null
}

/** What the history of a run's workflow says about the run. */
export interface WorkflowHistory {
  runId: string
  /** The number of executions that have the workflow id of the run. */
  executions: number
  status: 'running' | 'completed' | 'cancelled' | 'failed' | 'unknown'
  /** The steps whose activities returned that they are done. */
  done: string[]
  /** The steps whose undo activities returned that they are undone. */
  undone: string[]
}

/** The number of devices that held a license of an account in the billed month. */
export interface UsedLicenses {
  organizationId: string
  devices: number
}

/** What a chaos run recorded. Each part is read from its own source, so that the invariants can compare them. */
export interface History {
  sent: SentRequest[]
  runs: JournalRun[]
  tables: Tables
  books: Books
  workflows: WorkflowHistory[]
  used: UsedLicenses[]
  /** The processes that ended although no fault killed them, each with its exit. */
  crashes: string[]
}
