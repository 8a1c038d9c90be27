import type { RecordedError } from '../../domain/database/tables/run-tables.ts'
import { isDatabaseOutage } from '../../domain/database/outage.ts'
import { StepError } from '../../plugins/plugin-contract.ts'
import { databaseUnavailable, unexpected } from '../errors.ts'

/** A step's failure in the form that the journal, the history and people see. */
export interface ClassifiedError extends Omit<RecordedError, 'retry'> {
  /** Milliseconds that the provider asked to wait. */
  retryAfter?: number
}

/**
 * Gives every error a class and words. What a step did not throw on purpose is `retryable`, and its own message is left
 * out: it may quote a row, an address or a key.
 */
export function classify(error: unknown): ClassifiedError {
  if (error instanceof StepError) {
    return {
      code: error.code,
      class: error.class,
      message: error.message,
      nextAction: error.nextAction,
      ...(error.fields.length === 0 ? {} : { fields: error.fields }),
      ...(error.retryAfter === undefined ? {} : { retryAfter: error.retryAfter }),
    }
  }
  return { ...(isDatabaseOutage(error) ? databaseUnavailable : unexpected) }
}
