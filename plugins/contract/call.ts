import type { Transaction } from 'kysely'
import type { Database } from '../../domain/database/tables.ts'

/** What every call into a plug-in is given. */
export interface CallContext {
  /** Same key, same call: `{onboarding}:{step}:{revision}`, with a suffix where a step makes several calls. */
  idempotencyKey: string
  /** Aborts when the attempt's time is up or the run is cancelled. */
  signal: AbortSignal
}

/**
 * The transaction in which an effect and its row in the step journal commit together. It is Kysely's, typed by our tables.
 * It must not be held up by a call to somebody else: Postgres ends a session that idles in it for 15 seconds.
 */
export interface InTransaction {
  transaction: Transaction<Database>
}

/** One line of a dry run: what a step or a call would do. */
export interface StepPreview {
  summary: string
  details?: Record<string, unknown>
}

/** A webhook as it came in. The body is what was sent, byte for byte, because the signature covers it. */
export interface WebhookRequest {
  /** By lower-case name. */
  headers: Readonly<Record<string, string | undefined>>
  body: string
}
