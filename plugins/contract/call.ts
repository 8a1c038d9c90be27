import type { Transaction } from 'kysely'
import type { Database } from '../../domain/database/tables.ts'

/** What every call into a plug-in is given. */
export interface CallContext {
  /**
   * Names the call, so that a repeated one is recognised: the same key always means the same call. For a step it is
   * `{run}:{step}:{revision}`, with a suffix where the step makes several calls or is undone; an adapter must not rely on its
   * shape. A correction of the request raises the revision, so that a provider never sees one key with two bodies.
   */
  idempotencyKey: string
  /**
   * Aborts when the time of the attempt is up, or the run is cancelled. Hand it on to every request. A call that ends because
   * of it throws a `StepError`.
   */
  signal: AbortSignal
}

/** What a call is given that runs in our transaction. */
export interface InTransaction {
  /**
   * The transaction in which an effect and its row in the step journal commit together. It is Kysely's, typed by our tables.
   * Make no call to anybody else while it is open: Postgres ends a session that is idle in a transaction for 15 seconds.
   */
  transaction: Transaction<Database>
}

/** One line of a dry run: what a step or a call would do. */
export interface StepPreview {
  /** One sentence for people. Must not be empty. */
  summary: string
  /** The same for programs, as JSON can hold it. Default: none. */
  details?: Record<string, unknown>
}

/** A webhook as it came in. */
export interface WebhookRequest {
  /** The headers by lower-case name; undefined for one that was not sent. */
  headers: Readonly<Record<string, string | undefined>>
  /** What was sent, byte for byte, because the signature covers it. */
  body: string
}
