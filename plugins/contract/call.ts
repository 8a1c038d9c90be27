import type { Transaction } from 'kysely'
import type { Database } from '../../domain/database/tables.ts'

/** The context of every call to a plug-in. */
export interface CallContext {
  /**
   * Identifies the call, so that the provider recognises a repeat: the same key always means the same call. For a step it is
   * `{run}:{step}:{revision}`, with a suffix where the step makes several calls or is undone; an adapter must not rely on its
   * shape. A correction of the request raises the revision, so that a provider never sees one key with two bodies.
   */
  idempotencyKey: string
  /**
   * Aborts at the timeout of the attempt, or when the run is cancelled. Pass it to every request. A call that ends because of it
   * throws a `StepError`.
   */
  signal: AbortSignal
}

/** The context of a call in our transaction. */
export interface InTransaction {
  /**
   * The transaction in which an effect and its row in the step journal commit together. It is Kysely's, typed by our tables.
   * Make no call to a provider while it is open: Postgres ends a session that is idle in a transaction for 15 seconds.
   */
  transaction: Transaction<Database>
}

/** One line of a dry run: what a step or a call would do. */
export interface StepPreview {
  /** One sentence for people. Must not be empty. */
  summary: string
  /** The same for programs, as JSON. Default: none. */
  details?: Record<string, unknown>
}

/** A webhook as it was received. */
export interface WebhookRequest {
  /** The headers by lower-case name; undefined for one that was not sent. */
  headers: Readonly<Record<string, string | undefined>>
  /** The body, byte for byte, because the signature covers it. */
  body: string
}
