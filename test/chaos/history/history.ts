import type { RecordedError } from '../../../domain/database/tables/run-tables.ts'
import type { SentRequest } from '../clients/customer.ts'
import type { Books } from '../recorder/recorder-messages.ts'
import type { Tables } from './read-tables.ts'

/** A run as our ledger has it. */
export interface JournalRun {
  id: string
  kind: string
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
  /** In the order of the plan, each as its newest revision is. */
  steps: JournalStep[]
  /** How often a person had a message sent again without knowing whether the first had arrived. */
  askedAgain: number
}

export interface JournalStep {
  id: string
  optional: boolean
  status: string
  output: Record<string, unknown> | null
  error: RecordedError | null
}

/** A run as its workflow's history tells it. */
export interface WorkflowHistory {
  run: string
  /** How many executions there were under its id. */
  executions: number
  status: 'running' | 'completed' | 'cancelled' | 'failed' | 'unknown'
  /** Steps of which it heard that they are done, and that they are undone. */
  done: string[]
  undone: string[]
}

/** Devices that used a license of an account in the month that was billed. */
export interface UsedLicenses {
  organizationId: string
  devices: number
}

/** What everybody has on record, each by itself. */
export interface History {
  sent: SentRequest[]
  runs: JournalRun[]
  tables: Tables
  books: Books
  histories: WorkflowHistory[]
  used: UsedLicenses[]
  /** Processes that ended although nobody ended them. */
  crashes: string[]
}
