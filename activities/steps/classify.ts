import type { RecordedError } from '../../domain/database/tables/run-tables.ts'
import { isDatabaseOutage } from '../../domain/database/outage.ts'
import { StepError } from '../../plugins/plugin-contract.ts'
import { databaseUnavailable, unexpected } from '../errors.ts'

/** A failure of a step in the form that the step journal, the workflow history and people get. */
export interface ClassifiedError extends Omit<RecordedError, 'retry'> {
  /** The wait that the provider asked for, in milliseconds. */
  retryAfter?: number
}

/**
 * Gives an error a code, a class, a message and a next action. Any error except a `StepError` is `retryable`. Its message is left
 * out, because it may contain personal data or a secret.
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
