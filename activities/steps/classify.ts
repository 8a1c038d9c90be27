import type { RecordedError } from '../../domain/database/tables/run-tables.ts'
import { isDatabaseOutage } from '../../domain/database/outage.ts'
import { StepError } from '../../plugins/plugin-contract.ts'

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
  if (isDatabaseOutage(error)) {
    return {
      code: 'database_unavailable',
      class: 'retryable',
      message: 'The database could not be reached, or was too busy.',
      nextAction: 'Bring the database back; then retry if it needs attention.',
    }
  }
  return {
    code: 'unexpected',
    class: 'retryable',
    message: 'The step failed in a way it does not recognise.',
    nextAction:
      'Look for the id of the run in the log of the worker, where `errorName` and `at` say what failed. Mend that, then retry.',
  }
}
